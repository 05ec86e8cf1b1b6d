//! Picks the certificate authorities that AWS's endpoints chain to from
//! Mozilla's list, by their names, so that no copy of them is kept here and a
//! function carries only these.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// As named by Amazon Trust Services.
const NAMES: [&str; 5] = [
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: run this through Cargo")?;
    for (number, name) in NAMES.iter().enumerate() {
        let mut found = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .filter(|certificate| is_of(certificate, name));
        let (Some(certificate), None) = (found.next(), found.next()) else {
            return Err(format!("webpki-root-certs must hold `{name}` exactly once").into());
        };
        fs::write(
            Path::new(&out).join(format!("{number}.der")),
            certificate.as_ref(),
        )?;
    }
    Ok(())
}

/// Whether a certificate issued itself under this common name, which then
/// stands in it twice, as a string of that length.
fn is_of(certificate: &[u8], name: &str) -> bool {
    let Ok(length) = u8::try_from(name.len()) else {
        return false;
    };
    let string = [&[length], name.as_bytes()].concat();
    let times = certificate
        .windows(string.len())
        .filter(|part| *part == string)
        .count();
    times == 2
}
