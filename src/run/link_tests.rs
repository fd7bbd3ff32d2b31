//! Links to shells that stand for workers and launchers.

use std::time::Instant;

use super::*;
use crate::run::about::About;
use crate::run::protocol::Reply;
use crate::run::streams::GREETING;
use crossbeam_channel::Receiver;

/// All that is heard of a shell that does this, with `HELLO` as the answer of a worker.
fn heard(script: &str) -> (Vec<Reply>, Ending) {
    let (link, said) = begun(script);
    let all = collect(&said);
    drop(link);
    all
}

fn begun(script: &str) -> (Link, Receiver<Said>) {
    let hello = serde_json::to_string(&Reply::Hello(Box::new(About::this("cpu")))).expect("plain data");
    let mut command = Command::new("sh");
    command.args(["-c", &script.replace("HELLO", &format!("echo '{hello}'"))]);
    let (sender, receiver) = unbounded();
    (Link::begin(command, None, move |said| sender.send(said).is_ok()).expect("a shell"), receiver)
}

fn collect(said: &Receiver<Said>) -> (Vec<Reply>, Ending) {
    let mut replies = Vec::new();
    loop {
        match said.recv_timeout(Duration::from_secs(20)).expect("it goes on") {
            Said::Reply(reply) => replies.push(reply),
            Said::Broken(failure) => panic!("{failure}"),
            Said::Ended(ending) => return (replies, ending),
        }
    }
}

#[test]
fn banners_before_the_answer_are_skipped_and_kept_for_messages() {
    let (replies, ending) = heard(r#"echo "Welcome to n1"; echo '"begun"'; read -r hello; HELLO; echo '"begun"'; exit 4"#);
    assert!(matches!(&replies[..], [Reply::Hello(_), Reply::Begun]), "{replies:?}");
    assert_eq!((ending.text().as_str(), ending.has_answered), ("exit code 4: Welcome to n1\n\"begun\"", true));
}

#[test]
fn a_greeting_that_was_lost_is_said_again_and_one_answer_counts() {
    let begin = Instant::now();
    let (replies, _) = heard("read -r lost; read -r hello; HELLO; HELLO");
    assert!(matches!(&replies[..], [Reply::Hello(_)]), "{replies:?}");
    assert!(begin.elapsed() >= GREETING);
}

#[test]
fn orders_wait_for_the_answer_and_come_in_turn() {
    let (link, said) = begun(r#"read -r hello; HELLO; read -r order; test "$order" = '"pause"' && echo '"begun"'"#);
    link.order(Order::Pause);
    assert!(matches!(&collect(&said).0[..], [Reply::Hello(_), Reply::Begun]));
}

#[test]
fn words_of_whoever_does_not_start_are_told() {
    let (replies, ending) = heard("echo 'no such partition' >&2; exit 1");
    assert_eq!((replies.len(), ending.has_answered, ending.text().as_str()), (0, false, "exit code 1: no such partition"));
    let missing = Link::begin(Command::new("/no/such/program"), None, |_| true).err().expect("it is not there");
    assert!(missing.to_string().starts_with("cannot start the worker `/no/such/program`: "));
}

#[test]
fn nonsense_without_end_is_not_listened_to_for_ever() {
    let (replies, ending) = heard("read -r hello; HELLO; yes nonsense | head -n 5000");
    assert_eq!(replies.len(), 1);
    assert!(ending.words.starts_with("nonsense\nnonsense"), "{}", ending.words);
    assert_eq!(heard("head -c 40000000 /dev/zero").0.len(), 0, "a line without an end");
}

#[test]
fn a_process_goes_with_all_that_it_started() {
    let (link, said) = begun("sleep 300 & echo $!; wait");
    while link.words().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let other = link.words();
    link.kill();
    assert_eq!(collect(&said).1.signal(), Some(9));
    let state = || std::fs::read_to_string(format!("/proc/{other}/stat")).unwrap_or_default();
    let is_gone = || state().is_empty() || state().contains(") Z ");
    // A signal is on its way for a moment.
    let began = Instant::now();
    while !is_gone() && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(is_gone(), "{}", state());
}

#[test]
fn whoever_is_dismissed_sees_the_end_of_its_input_first() {
    let (link, said) = begun("read -r hello; HELLO; while read -r line; do :; done; exit 7");
    assert!(matches!(said.recv_timeout(Duration::from_secs(20)), Ok(Said::Reply(Reply::Hello(_)))));
    link.dismiss();
    assert_eq!(collect(&said).1.text(), "exit code 7");
    let (deaf, said) = begun("read -r hello; HELLO; trap 'exit 9' TERM; while :; do sleep 0.1; done");
    assert!(matches!(said.recv_timeout(Duration::from_secs(20)), Ok(Said::Reply(Reply::Hello(_)))));
    deaf.dismiss();
    let said = collect(&said).1.text();
    assert!(said.starts_with("exit code 9"), "{said}");
}
