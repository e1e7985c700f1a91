//! FHIR R4 documents in the manner of JP Core: a Bundle whose first entry is the Composition.

use time::Date;

use crate::catalog::{ANALYTES, Analyte, DISEASES, ORAL};
use crate::item::{Class, HospitalItem};
use crate::json::{Json, object, one, text};
use crate::moment::{Moment, compact, dashed, ordinal};
use crate::people::{Patient, Sex};
use crate::random::Draw;
use crate::ssmix2::Visit;
use crate::visits::Visits;

/// Where identifiers of this hospital belong: a documentation name (RFC 2606).
const SYSTEM: &str = "http://hospital.example/fhir";

/// The `number`th document of `count` on a day: a discharge summary.
pub(crate) fn item(seed: u64, day: Date, visits: &Visits, number: u64, count: u64) -> HospitalItem {
    let visit = visits.anyone(number * 5 + 2);
    let at = Moment::spread(day, (9, 18), number, count);
    let mut draw = Draw::new(seed, "fhir", &[ordinal(day), number]);
    let id = format!("{}-{number:06}", compact(day));
    let mut resources = vec![patient(&visit.patient), practitioner(&visit)];
    let mut sections = Vec::new();
    for disease in 1..=draw.between(1, 4) {
        let id = format!("condition-{disease}");
        sections.push(reference("Condition", &id));
        resources.push((condition(&id, &mut draw), "Condition", id));
    }
    for drug in 1..=draw.between(1, 5) {
        let id = format!("medication-{drug}");
        sections.push(reference("MedicationRequest", &id));
        resources.push((medication(&id, at, &mut draw), "MedicationRequest", id));
    }
    for round in 1..=draw.between(1, 3) {
        for analyte in ANALYTES {
            let id = format!("observation-{round}-{}", analyte.code);
            sections.push(reference("Observation", &id));
            let value = observation(&id, analyte, at, &mut draw);
            resources.push((value, "Observation", id));
        }
    }
    let composition = composition(&id, at, sections);
    let first = (composition, "Composition", "composition".to_owned());
    let entries: Vec<Json> = std::iter::once(first)
        .chain(resources)
        .map(|(resource, kind, id)| {
            let url = format!("{SYSTEM}/{kind}/{id}");
            object([("fullUrl", text(url)), ("resource", resource)])
        })
        .collect();
    let bundle = object([
        ("resourceType", text("Bundle")),
        ("id", text(id.as_str())),
        ("identifier", identifier("document", &id)),
        ("type", text("document")),
        ("timestamp", text(at.instant())),
        ("entry", Json::List(entries)),
    ]);
    let key = format!("fhir/{}/{}_{id}.json", compact(day), visit.patient.id);
    HospitalItem::whole(Class::Fhir, key, bundle.bytes())
}

fn identifier(what: &str, value: &str) -> Json {
    object([
        ("system", text(format!("{SYSTEM}/{what}"))),
        ("value", text(value)),
    ])
}

fn reference(kind: &str, id: &str) -> Json {
    object([("reference", text(format!("{kind}/{id}")))])
}

fn concept(system: &str, code: &str, display: &str) -> Json {
    object([
        (
            "coding",
            one(object([
                ("system", text(system)),
                ("code", text(code)),
                ("display", text(display)),
            ])),
        ),
        ("text", text(display)),
    ])
}

fn composition(id: &str, at: Moment, sections: Vec<Json>) -> Json {
    object([
        ("resourceType", text("Composition")),
        ("id", text("composition")),
        ("identifier", identifier("composition", id)),
        ("status", text("final")),
        (
            "type",
            concept("http://loinc.org", "18842-5", "退院時サマリー"),
        ),
        ("subject", reference("Patient", "patient")),
        ("date", text(at.instant())),
        ("author", one(reference("Practitioner", "practitioner"))),
        ("title", text("退院時サマリー（合成データ）")),
        (
            "section",
            one(object([
                ("title", text("経過")),
                ("entry", Json::List(sections)),
            ])),
        ),
    ])
}

fn human(use_: &'static str, family: &str, given: &str) -> Json {
    object([
        (
            "extension",
            one(object([
                (
                    "url",
                    text("http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"),
                ),
                ("valueCode", text(use_)),
            ])),
        ),
        ("use", text("official")),
        ("text", text(format!("{family} {given}"))),
        ("family", text(family)),
        ("given", one(text(given))),
    ])
}

fn patient(patient: &Patient) -> (Json, &'static str, String) {
    let name = &patient.name;
    let gender = match patient.sex {
        Sex::Female => "female",
        Sex::Male => "male",
    };
    let resource = object([
        ("resourceType", text("Patient")),
        ("id", text("patient")),
        ("identifier", one(identifier("patient", &patient.id))),
        (
            "name",
            Json::List(vec![
                human("IDE", name.family, name.given),
                human("SYL", name.family_kana, name.given_kana),
            ]),
        ),
        ("gender", text(gender)),
        ("birthDate", text(dashed(patient.born))),
        (
            "address",
            one(object([
                ("text", text(patient.address.as_str())),
                ("country", text("JP")),
            ])),
        ),
    ]);
    (resource, "Patient", "patient".to_owned())
}

fn practitioner(visit: &Visit) -> (Json, &'static str, String) {
    let doctor = &visit.doctor;
    let resource = object([
        ("resourceType", text("Practitioner")),
        ("id", text("practitioner")),
        ("identifier", one(identifier("practitioner", &doctor.id))),
        (
            "name",
            one(human("IDE", doctor.name.family, doctor.name.given)),
        ),
    ]);
    (resource, "Practitioner", "practitioner".to_owned())
}

fn condition(id: &str, draw: &mut Draw) -> Json {
    let (code, name) = draw.pick(&DISEASES);
    object([
        ("resourceType", text("Condition")),
        ("id", text(id)),
        (
            "code",
            concept("http://hl7.org/fhir/sid/icd-10", code, name),
        ),
        ("subject", reference("Patient", "patient")),
    ])
}

fn medication(id: &str, at: Moment, draw: &mut Draw) -> Json {
    let (code, name, usage) = draw.pick(&ORAL);
    object([
        ("resourceType", text("MedicationRequest")),
        ("id", text(id)),
        ("status", text("active")),
        ("intent", text("order")),
        (
            "medicationCodeableConcept",
            concept(&format!("{SYSTEM}/drug"), code, name),
        ),
        ("subject", reference("Patient", "patient")),
        ("authoredOn", text(at.instant())),
        ("dosageInstruction", one(object([("text", text(usage))]))),
    ])
}

fn observation(id: &str, analyte: Analyte, at: Moment, draw: &mut Draw) -> Json {
    let value = draw.between(analyte.low, analyte.high);
    object([
        ("resourceType", text("Observation")),
        ("id", text(id)),
        ("status", text("final")),
        (
            "code",
            concept(&format!("{SYSTEM}/test"), analyte.code, analyte.name),
        ),
        ("subject", reference("Patient", "patient")),
        ("effectiveDateTime", text(at.instant())),
        (
            "valueQuantity",
            object([
                ("value", Json::Decimal(value, analyte.decimals)),
                ("unit", text(analyte.unit)),
            ]),
        ),
    ])
}
