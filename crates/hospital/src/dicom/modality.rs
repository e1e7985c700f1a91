//! What each modality makes: SOP class, shape, sizes (`docs/operating/testdata.md`).

use crate::dicom::part10::DataSet;
use crate::dicom::pixels::Pixels;
use crate::item::Class;

/// A modality.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modality {
    /// (0008,0060).
    pub(crate) code: &'static str,
    /// SOP class UID (PS3.4 annex B.5).
    pub(crate) sop_class: &'static str,
    pub(crate) image_type: &'static str,
    pub(crate) description: &'static str,
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    pub(crate) frames: u16,
    pub(crate) samples: u16,
    pub(crate) bits: u16,
    pub(crate) per_study: u64,
    pub(crate) per_series: u64,
    /// Whether an image is a slice with a place in the body.
    pub(crate) sliced: bool,
}

const CT: Modality = Modality {
    code: "CT",
    sop_class: "1.2.840.10008.5.1.4.1.1.2",
    image_type: "ORIGINAL\\PRIMARY\\AXIAL",
    description: "胸部ＣＴ",
    rows: 512,
    columns: 512,
    frames: 1,
    samples: 1,
    bits: 16,
    per_study: 500,
    per_series: 250,
    sliced: true,
};

const MR: Modality = Modality {
    code: "MR",
    sop_class: "1.2.840.10008.5.1.4.1.1.4",
    image_type: "ORIGINAL\\PRIMARY\\OTHER",
    description: "頭部ＭＲＩ",
    rows: 320,
    columns: 320,
    per_study: 350,
    per_series: 50,
    ..CT
};

const X_RAY: Modality = Modality {
    code: "CR",
    sop_class: "1.2.840.10008.5.1.4.1.1.1",
    image_type: "ORIGINAL\\PRIMARY",
    description: "胸部単純Ｘ線",
    rows: 2_500,
    columns: 2_400,
    per_study: 2,
    per_series: 1,
    sliced: false,
    ..CT
};

const ULTRASOUND: Modality = Modality {
    code: "US",
    sop_class: "1.2.840.10008.5.1.4.1.1.3.1",
    image_type: "ORIGINAL\\PRIMARY",
    description: "腹部超音波",
    rows: 480,
    columns: 640,
    frames: 3,
    bits: 8,
    per_study: 20,
    per_series: 20,
    sliced: false,
    ..CT
};

const ANGIOGRAPHY: Modality = Modality {
    code: "XA",
    sop_class: "1.2.840.10008.5.1.4.1.1.12.1",
    image_type: "ORIGINAL\\PRIMARY\\SINGLE PLANE",
    description: "冠動脈造影",
    rows: 1_024,
    columns: 1_024,
    frames: 60,
    bits: 8,
    per_study: 6,
    per_series: 1,
    sliced: false,
    ..CT
};

const ENDOSCOPY: Modality = Modality {
    code: "ES",
    sop_class: "1.2.840.10008.5.1.4.1.1.77.1.1",
    image_type: "ORIGINAL\\PRIMARY",
    description: "上部消化管内視鏡",
    rows: 480,
    columns: 640,
    samples: 3,
    bits: 8,
    per_study: 40,
    per_series: 40,
    sliced: false,
    ..CT
};

/// The modality of a class; `None` for classes that are no images.
pub(crate) fn of(class: Class) -> Option<Modality> {
    match class {
        Class::Ct => Some(CT),
        Class::Mr => Some(MR),
        Class::XRay => Some(X_RAY),
        Class::Ultrasound => Some(ULTRASOUND),
        Class::Angiography => Some(ANGIOGRAPHY),
        Class::Endoscopy => Some(ENDOSCOPY),
        _ => None,
    }
}

impl Modality {
    /// Group 0018.
    pub(crate) fn acquisition(&self, set: &mut DataSet) {
        match self.code {
            "CT" => {
                set.text(0x0018, 0x0050, "DS", "1");
                set.text(0x0018, 0x0060, "DS", "120");
            }
            "MR" => {
                set.text(0x0018, 0x0020, "CS", "SE");
                set.text(0x0018, 0x0021, "CS", "NONE");
                set.text(0x0018, 0x0022, "CS", "");
                set.text(0x0018, 0x0023, "CS", "2D");
                set.text(0x0018, 0x0050, "DS", "5");
                set.text(0x0018, 0x0080, "DS", "500");
                set.text(0x0018, 0x0081, "DS", "15");
            }
            _ => {}
        }
        if self.frames > 1 {
            set.text(0x0018, 0x1063, "DS", "66.7");
        }
    }

    /// Group 0028: how to read the pixels.
    pub(crate) fn image(&self, set: &mut DataSet, pixels: Pixels) {
        let colour = self.samples == 3;
        let stored = if self.bits == 16 { 12 } else { 8 };
        set.number(0x0028, 0x0002, self.samples);
        set.text(
            0x0028,
            0x0004,
            "CS",
            if colour { "RGB" } else { "MONOCHROME2" },
        );
        if colour {
            set.number(0x0028, 0x0006, 0);
        }
        if self.frames > 1 {
            set.text(0x0028, 0x0008, "IS", &self.frames.to_string());
            set.tag(0x0028, 0x0009, (0x0018, 0x1063));
        }
        set.number(0x0028, 0x0010, pixels.rows);
        set.number(0x0028, 0x0011, pixels.columns);
        if self.sliced {
            set.text(0x0028, 0x0030, "DS", "0.625\\0.625");
        }
        set.number(0x0028, 0x0100, self.bits);
        set.number(0x0028, 0x0101, stored);
        set.number(0x0028, 0x0102, stored - 1);
        set.number(0x0028, 0x0103, 0);
        if self.code == "CT" {
            set.text(0x0028, 0x1052, "DS", "-1024");
            set.text(0x0028, 0x1053, "DS", "1");
        }
        set.text(0x0028, 0x2110, "CS", "00");
    }
}
