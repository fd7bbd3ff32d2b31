//! What a search computes and keeps: networks and spaces, data, rewards, strategies, tasks and the cache of what they
//! gave. No specs, no plans, no command line: those are in the crate `epnas`, which shows these modules as its own. Its
//! first page is the map of the whole house.
//!
//! A crate of its own because searches on tables spend their time here: it is compiled optimised and seldom, what lies
//! around it quickly and often.

#![cfg_attr(not(test), warn(unreachable_pub))]

pub mod digest;
pub mod seed;
pub mod statistics;
pub mod text;
pub mod files;
pub mod host;

pub mod arch;
pub mod table;
pub mod space;
pub mod dataset;
pub mod engine;
pub mod objective;
pub mod strategy;

pub mod task;
pub mod cache;
