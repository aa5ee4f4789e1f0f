//! Movies with a container that can be counted: ISO base media (`.mov`, `.mp4`) whose samples are PNG
//! pictures. Written as it goes, and of no use to anyone until it is finished, like the real ones. It holds
//! no sound.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A movie that is being written.
pub(crate) struct Movie {
    file: File,
    width: u32,
    height: u32,
    /// Units a second, units a frame.
    time: (u32, u32),
    /// Where the box of the samples begins.
    samples_at: u64,
    sizes: Vec<u32>,
    offsets: Vec<u64>,
}

impl Movie {
    /// Begins a file.
    pub(crate) fn create(path: &Path, (width, height): (u32, u32), rate: f64) -> io::Result<Self> {
        let is_mov = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mov"));
        let mut file = File::create(path)?;
        let brand: &[u8] = if is_mov { b"qt  " } else { b"isom" };
        file.write_all(&boxed(b"ftyp", &[brand, &512u32.to_be_bytes(), brand].concat()))?;
        let samples_at = file.stream_position()?;
        // Its length takes eight bytes more, and is not known yet.
        file.write_all(&[&1u32.to_be_bytes()[..], b"mdat", &0u64.to_be_bytes()].concat())?;
        let (sizes, offsets) = (Vec::new(), Vec::new());
        Ok(Self { file, width, height, time: units(rate), samples_at, sizes, offsets })
    }

    /// One more frame.
    pub(crate) fn add(&mut self, picture: &[u8]) -> io::Result<()> {
        self.offsets.push(self.file.stream_position()?);
        self.sizes.push(u32::try_from(picture.len()).map_err(io::Error::other)?);
        self.file.write_all(picture)
    }

    /// Writes what makes it a movie.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let end = self.file.stream_position()?;
        let moov = self.moov();
        self.file.write_all(&moov)?;
        self.file.seek(SeekFrom::Start(self.samples_at + 8))?;
        self.file.write_all(&(end - self.samples_at).to_be_bytes())?;
        self.file.sync_all()
    }

    fn frames(&self) -> u32 {
        u32::try_from(self.sizes.len()).unwrap_or(u32::MAX)
    }

    fn moov(&self) -> Vec<u8> {
        let (scale, delta) = self.time;
        let length = self.frames().saturating_mul(delta);
        let one = 0x0001_0000u32;
        let matrix = [one, 0, 0, 0, one, 0, 0, 0, 0x4000_0000];
        // Times of making, scale, length, rate 1, volume 1, reserved, matrix, six reserved, the next track.
        let mut mvhd = vec![0, 0, 0, scale, length, one, 0x0100_0000, 0, 0];
        mvhd.extend(matrix);
        mvhd.extend([0, 0, 0, 0, 0, 0, 2]);
        let mut tkhd = vec![7, 0, 0, 1, 0, length, 0, 0, 0, 0];
        tkhd.extend(matrix);
        tkhd.extend([self.width << 16, self.height << 16]);
        let mdhd = [0, 0, 0, scale, length, 0x55c4_0000];
        let hdlr = [&[0; 8][..], b"vide", &[0; 12], b"Pictures\0"].concat();
        let dref = [words(&[0, 1]), boxed(b"url ", &words(&[1]))].concat();
        let minf = [
            boxed(b"vmhd", &words(&[1, 0, 0])),
            boxed(b"dinf", &boxed(b"dref", &dref)),
            boxed(b"stbl", &self.stbl(delta)),
        ];
        let mdia =
            [boxed(b"mdhd", &words(&mdhd)), boxed(b"hdlr", &hdlr), boxed(b"minf", &minf.concat())].concat();
        let trak = [boxed(b"tkhd", &words(&tkhd)), boxed(b"mdia", &mdia)].concat();
        boxed(b"moov", &[boxed(b"mvhd", &words(&mvhd)), boxed(b"trak", &trak)].concat())
    }

    /// The tables of samples: what they are, how long each lasts, where each is.
    fn stbl(&self, delta: u32) -> Vec<u8> {
        let frames = self.frames();
        let sizes = [&[0, 0, frames][..], &self.sizes].concat();
        let offsets: Vec<u8> = self.offsets.iter().flat_map(|offset| offset.to_be_bytes()).collect();
        [
            boxed(b"stsd", &[words(&[0, 1]), boxed(b"png ", &self.sample_entry())].concat()),
            boxed(b"stts", &words(&[0, 1, frames, delta])),
            boxed(b"stsc", &words(&[0, 1, 1, 1, 1])),
            boxed(b"stsz", &words(&sizes)),
            boxed(b"co64", &[words(&[0, frames]), offsets].concat()),
        ]
        .concat()
    }

    /// PNG pictures of this size, 24 bits deep.
    fn sample_entry(&self) -> Vec<u8> {
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
        let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 1];
        entry.extend([0; 16]);
        entry.extend(side(self.width));
        entry.extend(side(self.height));
        entry.extend(words(&[0x0048_0000, 0x0048_0000, 0]));
        entry.extend(1u16.to_be_bytes());
        entry.extend([0; 32]);
        entry.extend(24u16.to_be_bytes());
        entry.extend(u16::MAX.to_be_bytes());
        entry
    }
}

/// Units a second and a frame: whole numbers also for the rates that are a thousandth slower.
fn units(rate: f64) -> (u32, u32) {
    let whole = rate.round();
    let slower = (rate - whole * 1000.0 / 1001.0).abs() < 0.005 && (rate - whole).abs() > 0.001;
    let thousand = if slower { whole * 1000.0 } else { (rate * 1000.0).round() };
    // A rate is a few hundred at most, and above nothing.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let scale = thousand as u32;
    (scale.max(1), if slower { 1001 } else { 1000 })
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
    [&size.to_be_bytes()[..], kind, body].concat()
}
