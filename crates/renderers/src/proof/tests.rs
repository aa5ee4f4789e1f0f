//! Real files of every format, made here, then damaged.

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, RgbaImage};
use tempfile::TempDir;

use super::*;

fn picture(width: u32, height: u32) -> DynamicImage {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_le_bytes();
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |x, y| {
        let [a, b, c, _] = noise(x / 3, y / 3);
        image::Rgba([a, b, c, 255])
    }))
}

fn encoded(extension: &str) -> Vec<u8> {
    let format = ImageFormat::from_extension(extension).unwrap();
    let picture = match format {
        ImageFormat::Jpeg => picture(61, 43).to_rgb8().into(),
        ImageFormat::OpenExr => picture(61, 43).to_rgba32f().into(),
        _ => picture(61, 43),
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::write_to(&picture, &mut bytes, format).unwrap();
    bytes.into_inner()
}

const FORMATS: [&str; 7] = ["png", "jpg", "tif", "exr", "tga", "bmp", "webp"];

struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn prove(&self, extension: &str, bytes: &[u8]) -> Result<Proven, Unproven> {
        any_size(&self.file(&format!("frame.{extension}"), bytes))
    }
}

fn any_size(path: &Path) -> Result<Proven, Unproven> {
    prove(path, &Expectation::default(), None)
}

#[test]
fn whole_files_of_every_format_are_proven() {
    let desk = Desk::new();
    for extension in FORMATS {
        let bytes = encoded(extension);
        let proven = desk.prove(extension, &bytes).unwrap_or_else(|error| panic!("{extension}: {error}"));
        assert_eq!(proven, Proven { bytes: bytes.len() as u64, size: Some((61, 43)) }, "{extension}");
        assert!(desk.prove(&extension.to_uppercase(), &bytes).is_ok(), "{extension}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let desk = Desk::new();
    for extension in FORMATS {
        let bytes = encoded(extension);
        // Every byte near both ends, and a sample between them.
        let cuts = (0..bytes.len()).filter(|at| *at < 300 || at + 300 >= bytes.len() || at % 37 == 0);
        for cut in cuts {
            let found = desk.prove(extension, &bytes[..cut]);
            // A TGA ends with a footer that holds no pixels.
            let footer = extension == "tga" && bytes.len() - cut <= 26;
            assert!(found.is_err() || footer, "{extension} cut to {cut} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn no_flipped_bit_in_a_png_goes_unseen() {
    let desk = Desk::new();
    let bytes = encoded("png");
    for at in (0..bytes.len()).filter(|at| *at < 120 || at + 40 >= bytes.len() || at % 23 == 0) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(desk.prove("png", &damaged).is_err(), "byte {at}");
    }
}

#[test]
fn damage_in_any_format_is_an_answer_and_never_a_panic() {
    let desk = Desk::new();
    for extension in FORMATS {
        let bytes = encoded(extension);
        for nth in 0..400 {
            let mut damaged = bytes.clone();
            let at = (nth * 7919) % damaged.len().min(if nth % 2 == 0 { 200 } else { usize::MAX });
            damaged[at] = damaged[at].wrapping_add(1 + (nth % 255) as u8);
            let _ = desk.prove(extension, &damaged);
        }
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let desk = Desk::new();
    for extension in ["png", "jpg", "webp"] {
        let mut bytes = encoded(extension);
        bytes.extend(b"what an older, longer file left");
        assert!(matches!(desk.prove(extension, &bytes), Err(Unproven::Broken { .. })), "{extension}");
    }
}

#[test]
fn another_format_under_the_extension_is_refused() {
    let desk = Desk::new();
    for extension in FORMATS.into_iter().filter(|extension| *extension != "png") {
        assert!(desk.prove(extension, &encoded("png")).is_err(), "{extension}");
    }
    assert!(desk.prove("png", &encoded("jpg")).is_err());
}

#[test]
fn what_is_no_file_is_named() {
    let desk = Desk::new();
    let error = |path: &Path| any_size(path).unwrap_err().to_string();
    assert_eq!(error(&desk.0.path().join("nothing.png")), "there is no file");
    assert_eq!(error(&desk.file("zero.png", b"")), "the file is empty");
    fs::create_dir(desk.0.path().join("folder.png")).unwrap();
    assert_eq!(error(&desk.0.path().join("folder.png")), "a directory is in the file's place");
    #[cfg(unix)]
    {
        let link = desk.0.path().join("link.png");
        std::os::unix::fs::symlink(desk.file("real.png", &encoded("png")), &link).unwrap();
        assert_eq!(error(&link), "a symbolic link is in the file's place");
        assert_eq!(error(Path::new("/dev/zero")), "something special is in the file's place");
    }
}

#[test]
fn the_size_is_held_to_what_was_asked_for() {
    let desk = Desk::new();
    let path = desk.file("a.png", &encoded("png"));
    let asked = |width, height| Expectation { size: Some((width, height)), ..Expectation::default() };
    assert!(prove(&path, &asked(61, 43), None).is_ok());
    let error = prove(&path, &asked(64, 43), None).unwrap_err();
    assert_eq!(error.to_string(), "the picture is 61x43, not 64x43");
    let failure = error.failure("a.png");
    assert_eq!(failure.class, FailureClass::BrokenOutput);
    assert_eq!(failure.message, "a.png: the picture is 61x43, not 64x43");
}

#[test]
fn all_pictures_of_an_attempt_have_one_size() {
    let desk = Desk::new();
    let mut prover = Prover::new(Expectation::default());
    assert!(prover.prove(&desk.file("a.png", &encoded("png")), None).is_ok());
    picture(60, 43).save(desk.0.path().join("b.png")).unwrap();
    let error = prover.prove(&desk.0.path().join("b.png"), None).unwrap_err();
    assert!(matches!(error, Unproven::WrongSize { found: (60, 43), expected: (61, 43) }), "{error}");
}

#[test]
fn a_picture_that_names_its_frame_is_held_to_it() {
    let desk = Desk::new();
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, 2, 2);
    encoder.add_text_chunk("Frame".into(), "0012".into()).unwrap();
    encoder.add_text_chunk("Software".into(), "7".into()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0; 4]).unwrap();
    writer.finish().unwrap();
    let path = desk.file("f.png", &bytes);
    assert!(prove(&path, &Expectation::default(), Some(12)).is_ok());
    assert!(prove(&path, &Expectation::default(), None).is_ok());
    let error = prove(&path, &Expectation::default(), Some(13)).unwrap_err();
    assert_eq!(error.to_string(), "the picture says that it is frame 12, not 13");
}

/// A PNG whose header claims a size, with right checksums.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded("png");
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

#[test]
fn a_header_that_claims_a_wall_of_pixels_is_refused_before_any_is_decoded() {
    let desk = Desk::new();
    let error = desk.prove("png", &claims(100_000, 100_000)).unwrap_err();
    assert!(matches!(error, Unproven::TooLarge { size: (100_000, 100_000), frames: 1 }), "{error}");
    assert!(desk.prove("png", &claims(4000, 4000)).is_err());
    let mut bitmap = encoded("bmp");
    bitmap[18..22].copy_from_slice(&40_000_u32.to_le_bytes());
    bitmap[22..26].copy_from_slice(&40_000_u32.to_le_bytes());
    assert!(matches!(desk.prove("bmp", &bitmap), Err(Unproven::TooLarge { .. })));
    let mut targa = encoded("tga");
    targa[12..16].copy_from_slice(&[0xff; 4]);
    assert!(matches!(desk.prove("tga", &targa), Err(Unproven::TooLarge { .. })));
}

#[test]
fn every_frame_of_an_animated_png_counts() {
    let desk = Desk::new();
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_animated(3, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for shade in [0, 100, 200] {
        writer.write_image_data(&[shade; 64]).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(desk.prove("png", &bytes).unwrap().size, Some((8, 8)));
    // One frame too many claimed: the header chunk acTL follows IHDR.
    let claim = 8 + 25 + 8;
    bytes[claim..claim + 4].copy_from_slice(&4_u32.to_be_bytes());
    let sum = crc32fast::hash(&bytes[claim - 4..claim + 8]);
    bytes[claim + 8..claim + 12].copy_from_slice(&sum.to_be_bytes());
    assert!(matches!(desk.prove("png", &bytes), Err(Unproven::Broken { .. })));
}

fn part(kind: &[u8], data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32 + 8).to_be_bytes(), kind, data].concat()
}

#[test]
fn a_movie_is_its_boxes() {
    let desk = Desk::new();
    let movie = [part(b"ftyp", b"isom"), part(b"mdat", &[7; 90]), part(b"moov", &[1; 20])].concat();
    assert_eq!(desk.prove("mp4", &movie).unwrap(), Proven { bytes: movie.len() as u64, size: None });
    for cut in 1..movie.len() {
        assert!(desk.prove("mp4", &movie[..cut]).is_err(), "cut to {cut}");
    }
    let error = desk.prove("mov", &part(b"mdat", &[7; 90])).unwrap_err();
    assert_eq!(error.to_string(), "the file is no whole movie: it has no index (moov)");
    // A length that runs past the end of numbers.
    let endless = [&1_u32.to_be_bytes()[..], b"mdat", &[0xff; 8]].concat();
    assert!(desk.prove("mp4", &endless).is_err());
}

#[test]
fn other_containers_are_as_long_as_they_say() {
    let desk = Desk::new();
    let sound = [&b"RIFF"[..], &12_u32.to_le_bytes(), b"WAVEdataabcd"].concat();
    let matroska =
        [&[0x1a, 0x45, 0xdf, 0xa3, 0x82, 1, 2][..], &[0x18, 0x53, 0x80, 0x67, 0x40, 4, 9, 9, 9, 9]].concat();
    for (extension, bytes) in [("wav", sound), ("mkv", matroska)] {
        assert!(desk.prove(extension, &bytes).is_ok(), "{extension}");
        for cut in 1..bytes.len() {
            assert!(desk.prove(extension, &bytes[..cut]).is_err(), "{extension} cut to {cut}");
        }
    }
    // A length of all ones is not known yet: a live recording.
    let live = [0x1a, 0x45, 0xdf, 0xa3, 0x81, 1, 0x18, 0x53, 0x80, 0x67, 0xff, 9];
    assert!(desk.prove("webm", &live).is_ok());
}

#[test]
fn anything_else_only_has_to_be_there() {
    let desk = Desk::new();
    assert!(desk.prove("dpx", b"x").is_ok());
    let file = Expectation { format: Format::File, ..Expectation::default() };
    assert!(prove(&desk.file("notes.png", b"text"), &file, None).is_ok());
}

#[test]
fn a_file_that_is_older_than_its_attempt_is_none_of_it() {
    let desk = Desk::new();
    let path = desk.file("notes.txt", b"text");
    let changed = fs::metadata(&path).unwrap().modified().unwrap();
    let since = |seconds| {
        let since = Some(changed + std::time::Duration::from_secs(seconds));
        prove(&path, &Expectation { format: Format::File, since, ..Expectation::default() }, None)
    };
    assert!(since(0).is_ok());
    assert!(since(1).is_ok(), "some clocks are coarse");
    assert!(matches!(since(60), Err(Unproven::Stale)));
}
