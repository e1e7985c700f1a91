//! A file of the hospital: its key, its class, its size, and its bytes on demand.

use std::io::{self, Write};
use std::str::FromStr;

/// What a file is, as the hospital's IT counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// SS-MIX2 standard storage: HL7 v2.5 messages.
    SsMix2,
    /// SS-MIX2 extended storage: documents as PDF.
    Document,
    /// DICOM: computed tomography.
    Ct,
    /// DICOM: magnetic resonance.
    Mr,
    /// DICOM: projection radiography.
    XRay,
    /// DICOM: ultrasound, of a few frames.
    Ultrasound,
    /// DICOM: angiography, runs of many frames.
    Angiography,
    /// DICOM: endoscopy.
    Endoscopy,
    /// Electrocardiograms.
    Ecg,
    /// FHIR documents.
    Fhir,
    /// 電子処方箋.
    Prescription,
    /// Claims (UKE) of the month before; only on the first day of a month.
    Uke,
    /// A dump of a database, and its pages.
    Database,
}

/// Why a text names no [`Class`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no class of files: {list}", list = Class::list())]
pub struct NotAClass(String);

impl Class {
    /// All of them, in the order of making.
    pub const ALL: [Self; 13] = [
        Self::SsMix2,
        Self::Document,
        Self::Ct,
        Self::Mr,
        Self::XRay,
        Self::Ultrasound,
        Self::Angiography,
        Self::Endoscopy,
        Self::Ecg,
        Self::Fhir,
        Self::Prescription,
        Self::Uke,
        Self::Database,
    ];

    /// As on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SsMix2 => "ss-mix2",
            Self::Document => "document",
            Self::Ct => "ct",
            Self::Mr => "mr",
            Self::XRay => "x-ray",
            Self::Ultrasound => "ultrasound",
            Self::Angiography => "angiography",
            Self::Endoscopy => "endoscopy",
            Self::Ecg => "ecg",
            Self::Fhir => "fhir",
            Self::Prescription => "prescription",
            Self::Uke => "uke",
            Self::Database => "database",
        }
    }

    fn list() -> String {
        let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
        names.join(", ")
    }
}

impl FromStr for Class {
    type Err = NotAClass;

    fn from_str(text: &str) -> Result<Self, NotAClass> {
        let found = Self::ALL.into_iter().find(|class| class.name() == text);
        found.ok_or_else(|| NotAClass(text.to_owned()))
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Bytes that are made when they are written.
pub(crate) trait Content: Send + Sync {
    /// How many bytes [`Content::write`] writes.
    fn size(&self) -> u64;
    /// Writes them, in pieces.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

impl Content for Vec<u8> {
    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self)
    }
}

/// A file of the hospital.
pub struct HospitalItem {
    class: Class,
    key: String,
    content: Box<dyn Content>,
}

impl HospitalItem {
    pub(crate) fn new(class: Class, key: String, content: impl Content + 'static) -> Self {
        Self {
            class,
            key,
            content: Box::new(content),
        }
    }

    pub(crate) fn whole(class: Class, key: String, bytes: Vec<u8>) -> Self {
        Self::new(class, key, bytes)
    }

    /// Relative path with `/`, and object key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it is.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Size in bytes, exact.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.content.size()
    }

    /// Writes the bytes, in pieces: large files never lie in memory. May be called again.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.content.write(out)
    }
}

impl std::fmt::Debug for HospitalItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HospitalItem")
            .field("key", &self.key)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// What a later day does to files that are there.
#[derive(Debug)]
pub enum Change {
    /// Writes a file, over the one of the same key if there is one.
    Put(HospitalItem),
    /// Takes a file away.
    Delete(String),
}
