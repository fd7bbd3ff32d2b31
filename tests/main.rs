//! One binary for all integration tests.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod architecture;
mod cache;
mod check;
mod ci;
mod circles;
mod cli;
mod data;
mod diagnostics;
mod docs;
mod doctor;
mod doubts;
mod export;
mod fields;
mod forecast;
mod found;
mod init;
mod keys;
mod known;
mod lab;
mod lock;
mod machine;
mod own_data;
mod photos;
mod rendering;
mod run;
mod schema;
mod specs;
mod status;
mod strategies;
mod table;
mod torture;
mod what_if;
mod why;
mod worker;
mod worker_by_hand;
