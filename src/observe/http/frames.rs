//! Where the frames of an HTTP/2 connection begin (RFC 9113 §4.1): settings and pings come before the answer.

/// Bytes before the content of a frame.
const HEADER: usize = 9;
/// The type of the frame that a head begins with.
const HEADERS: u8 = 1;

/// What is known of the frame that is being read.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: Vec<u8>,
    /// Bytes of its content that have not come yet.
    left: usize,
}

impl Frames {
    /// Whether the head of an answer begins in what was read next.
    pub(super) fn begin_head(&mut self, mut bytes: &[u8]) -> bool {
        let mut began = false;
        while !bytes.is_empty() {
            let content = self.left.min(bytes.len());
            self.left -= content;
            bytes = bytes.get(content..).unwrap_or_default();
            let header = (HEADER - self.header.len()).min(bytes.len());
            self.header.extend(bytes.iter().take(header));
            bytes = bytes.get(header..).unwrap_or_default();
            if let [a, b, c, kind, _, _, _, _, _] = *self.header.as_slice() {
                began |= kind == HEADERS;
                self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                self.header.clear();
            }
        }
        began
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 1], content].concat()
    }

    #[test]
    fn a_head_begins_with_its_frame_however_the_bytes_are_cut() {
        // The content of the first two looks like a head.
        let before = [frame(4, &frame(1, b"")), frame(6, &[1; 8]), frame(4, b"")].concat();
        let all = [before.clone(), frame(1, b"abc"), frame(0, &[1; 70_000])].concat();
        for size in [1, 2, 7, 9, 10, 64, all.len()] {
            let mut frames = Frames::default();
            let mut read = 0;
            let first = all.chunks(size).find(|chunk| {
                read += chunk.len();
                frames.begin_head(chunk)
            });
            assert!(first.is_some(), "{size}");
            assert!(
                read >= before.len() + HEADER && read < before.len() + HEADER + size,
                "{size}"
            );
        }
    }

    #[test]
    fn what_is_no_head_begins_none() {
        let mut frames = Frames::default();
        assert!(!frames.begin_head(&frame(4, &[1; 100])) && !frames.begin_head(b""));
        assert!(!frames.begin_head(&[0xff; 300]));
    }
}
