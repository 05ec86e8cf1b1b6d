//! Being told to end.

use std::io;

/// Waits until somebody ends the process: Ctrl-C, what `kill` and service
/// managers send, or the terminal that is closed. From the first time that this
/// is polled, none of them ends the process by itself any more.
///
/// # Errors
///
/// Where the system takes no handler for them.
#[cfg(unix)]
pub(super) async fn ended() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    // Under nohup the closed terminal is to be outlived.
    let mut hangup = match is_hangup_ignored() {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    let hung_up = async {
        match &mut hangup {
            Some(hangup) => hangup.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended,
        _ = terminate.recv() => Ok(()),
        _ = hung_up => Ok(()),
    }
}

/// Waits for Ctrl-C.
///
/// # Errors
///
/// Where the system takes no handler for it.
#[cfg(not(unix))]
pub(super) async fn ended() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Whether whoever started the process said so. Where the system does not tell,
/// nobody did.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|it| ignores_hangup(&it))
}

/// What Linux tells of a process: among other things the signals that it
/// ignores, as a mask whose lowest bit is signal 1, the hang-up.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let masks = status.lines().filter_map(|it| it.strip_prefix("SigIgn:"));
    masks
        .filter_map(|it| u64::from_str_radix(it.trim(), 16).ok())
        .any(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_hang_up_that_is_ignored_already_stays_ignored() {
        let status =
            |mask: &str| format!("SigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\nSigCgt:\t1\n");
        assert!(ignores_hangup(&status("0000000000000001")));
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup(""));
    }
}
