//! DICOM Part 10 files in Explicit VR Little Endian (PS3.5 §7.1.2, PS3.10 §7.1).

use encoding_rs::ISO_2022_JP;

/// Explicit VR Little Endian.
const TRANSFER_SYNTAX: &str = "1.2.840.10008.1.2.1";
/// Implementation class UID under the UUID root, as everything here.
const IMPLEMENTATION: &str = "2.25.129843087421980364018227302934851109";

/// Elements one after the other; the caller keeps them in ascending order.
#[derive(Clone, Debug, Default)]
pub(crate) struct DataSet {
    bytes: Vec<u8>,
}

impl DataSet {
    fn element(&mut self, tag: (u16, u16), vr: &str, value: &[u8], pad: u8) {
        let odd = value.len() % 2 == 1;
        self.header(tag, vr, value.len() + usize::from(odd));
        self.bytes.extend_from_slice(value);
        if odd {
            self.bytes.push(pad);
        }
    }

    fn header(&mut self, tag: (u16, u16), vr: &str, length: usize) {
        self.bytes.extend_from_slice(&tag.0.to_le_bytes());
        self.bytes.extend_from_slice(&tag.1.to_le_bytes());
        self.bytes.extend_from_slice(vr.as_bytes());
        if matches!(vr, "OB" | "OW") {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            self.bytes.extend_from_slice(&[0, 0]);
            self.bytes.extend_from_slice(&length.to_le_bytes());
        } else {
            let length = u16::try_from(length).unwrap_or(u16::MAX);
            self.bytes.extend_from_slice(&length.to_le_bytes());
        }
    }

    /// Text, in ISO-2022-JP where it is not ASCII (only for VRs that the character set covers).
    pub(crate) fn text(&mut self, group: u16, element: u16, vr: &str, value: &str) {
        let bytes = ISO_2022_JP.encode(value).0;
        let pad = if vr == "UI" { 0 } else { b' ' };
        self.element((group, element), vr, &bytes, pad);
    }

    /// US: a 16-bit number.
    pub(crate) fn number(&mut self, group: u16, element: u16, value: u16) {
        self.element((group, element), "US", &value.to_le_bytes(), 0);
    }

    /// AT: a tag.
    pub(crate) fn tag(&mut self, group: u16, element: u16, named: (u16, u16)) {
        let mut value = named.0.to_le_bytes().to_vec();
        value.extend_from_slice(&named.1.to_le_bytes());
        self.element((group, element), "AT", &value, 0);
    }

    /// Everything before the pixels: preamble, file meta information, this data set, and the
    /// header of Pixel Data (7FE0,0010) of so many bytes, an even number.
    pub(crate) fn before_pixels(
        mut self,
        sop_class: &str,
        instance: &str,
        (vr, length): (&str, usize),
    ) -> Vec<u8> {
        let mut meta = Self::default();
        meta.element((0x0002, 0x0001), "OB", &[0, 1], 0);
        meta.text(0x0002, 0x0002, "UI", sop_class);
        meta.text(0x0002, 0x0003, "UI", instance);
        meta.text(0x0002, 0x0010, "UI", TRANSFER_SYNTAX);
        meta.text(0x0002, 0x0012, "UI", IMPLEMENTATION);
        meta.text(0x0002, 0x0013, "SH", "AZEKURA_TEST");
        let mut file = Self {
            bytes: vec![0; 128],
        };
        file.bytes.extend_from_slice(b"DICM");
        let length_of_meta = u32::try_from(meta.bytes.len()).unwrap_or(0);
        file.element((0x0002, 0x0000), "UL", &length_of_meta.to_le_bytes(), 0);
        file.bytes.append(&mut meta.bytes);
        file.bytes.append(&mut self.bytes);
        file.header((0x7fe0, 0x0010), vr, length);
        file.bytes
    }
}
