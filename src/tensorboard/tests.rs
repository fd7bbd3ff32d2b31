//! Event files, read back record by record.

use std::collections::BTreeMap;

use super::messages::{Content, Event, HParams, HParamsData, What};
use super::*;
use crate::engine::Metrics;

fn learning(task: &str) -> Learning {
    Learning {
        task: task.to_owned(),
        stage: 0,
        round: 1,
        is_last: false,
        metrics: Metrics { validation_accuracy: 0.75, validation_loss: Some(0.5), train_loss: vec![2.0, 1.0], diverged: None, score: None },
        seconds: 3.0,
        environment: BTreeMap::from([("precision".to_owned(), "fp32".to_owned())]),
    }
}

#[test]
fn a_training_is_told_with_its_losses_and_its_settings() {
    let spec = crate::spec::read(b"name: a\ndataset: {name: mnist}\n").resolved.expect("a spec");
    let one = learning("grow/../round-01/train 1");
    let settings = settings(&spec, &one, None);
    assert_eq!(settings["precision"].kind, Some(Kind::Word("fp32".to_owned())));
    let values = vec![
        (1, scalar(TRAINING_LOSS, 2.0)),
        (2, hparams("session_start_info", HParamsData::Start(Start { hparams: settings.clone(), group: String::new(), seconds: 0.0 }))),
    ];
    let bytes = file(7.0, values);
    let events: Vec<Event> = frame::messages(&bytes).expect("sound records");
    assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".to_owned())));
    let values: Vec<(i64, &Value)> = events[1..]
        .iter()
        .map(|event| match &event.what {
            Some(What::Summary(summary)) => (event.step, &summary.value[0]),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((values[0].0, values[0].1.tag.as_str(), &values[0].1.content), (1, "loss/train", &Some(Content::Simple(2.0))));
    let plugin = values[1].1.metadata.as_ref().and_then(|metadata| metadata.plugin.as_ref()).expect("a plugin");
    let HParams { data: Some(HParamsData::Start(start)), .. } = HParams::decode(&plugin.content[..]).expect("its message") else {
        panic!("no start")
    };
    assert_eq!((plugin.name.as_str(), start.hparams), ("hparams", settings));
    assert!(matches!(&values[1].1.content, Some(Content::Tensor(_))), "TensorBoard drops a value without a tensor");
    // A record with one bit turned is no record.
    let mut torn = bytes;
    torn[30] ^= 1;
    assert_eq!(frame::messages::<Event>(&torn), None);
}

#[test]
fn paths_stay_in_their_folder() {
    assert_eq!(path("", 5.0), "events.out.tfevents.0000000005.epnas");
    assert_eq!(path("/grow/../a b/x", 0.0), "grow/__/a_b/x/events.out.tfevents.0000000000.epnas");
}
