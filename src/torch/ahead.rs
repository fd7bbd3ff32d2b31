//! Images that lie in files are brought into memory ahead of the steps that learn from them, by a thread of its own, so that
//! no step waits for a disk. What is read is thrown away: how long a step takes depends on it, what it computes does not.

use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::loader::Loader;
use epnas::files::Bytes;

/// Batches that are read ahead.
const BATCHES: usize = 8;
/// No system has smaller pages.
const PAGE: usize = 4096;

/// A thread that reads what an epoch will need.
#[derive(Debug)]
pub struct Ahead {
    /// Numbers of batches that are learnt from; none once it ends.
    begun: Option<Sender<usize>>,
    reader: Option<JoinHandle<usize>>,
}

/// The images of an epoch in their order.
struct Order {
    pixels: Bytes,
    /// Bytes of an image.
    image: usize,
    examples: Vec<u32>,
    /// Images of a batch.
    batch: usize,
}

impl Ahead {
    /// Of an epoch in which these examples are seen in batches; `None` where all is in memory, and where the machine refuses a
    /// thread.
    pub fn of(images: &Loader, examples: &[u32], batch: usize) -> Option<Self> {
        let pixels = images.memory().filter(|pixels| pixels.is_mapped())?.clone();
        let order = Order { image: pixels.len() / images.len(), pixels, examples: examples.to_vec(), batch };
        let (begun, batches) = channel::<usize>();
        let read = move || {
            let mut next = 0;
            for number in batches {
                let until = (number + BATCHES).min(order.examples.len().div_ceil(order.batch));
                // A batch that is in work already is not read once more.
                (number.max(next)..until).for_each(|number| order.read(number));
                next = next.max(until);
            }
            next
        };
        let reader = Builder::new().name("ahead".to_owned()).spawn(read).ok()?;
        Some(Self { begun: Some(begun), reader: Some(reader) })
    }

    /// The batch with this number is learnt from now: those behind it come next.
    pub fn begin(&self, number: usize) {
        if let Some(begun) = &self.begun {
            let _ = begun.send(number);
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.begun = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Order {
    fn read(&self, number: usize) {
        let start = number * self.batch;
        let examples = &self.examples[start..(start + self.batch).min(self.examples.len())];
        let place = |example: u32| example as usize * self.image..(example as usize + 1) * self.image;
        // All are asked for before the first is waited for, and the disk serves them in the order that suits it.
        for &example in examples {
            self.pixels.will_need(place(example));
        }
        for &example in examples {
            let image = &self.pixels[place(example)];
            image.iter().step_by(PAGE).chain(image.last()).for_each(|byte| {
                std::hint::black_box(byte);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use epnas::arch::Shape;
    use epnas::dataset::Images;

    fn ahead(pixels: Bytes) -> Option<Ahead> {
        let shape = Shape { channels: 3, height: 1, width: 1 };
        let images = Images { shape, classes: 2, pixels: pixels.into(), labels: vec![0; 100] };
        Ahead::of(&Loader::new(&images, Device::Cpu), &(0..100).rev().collect::<Vec<_>>(), 4)
    }

    #[test]
    fn what_lies_in_a_file_is_read_to_the_end_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("images");
        epnas::files::write_unflushed(&path, &[7; 300]).expect("our own file");
        let ahead_of_memory = ahead(vec![7; 300].into());
        let mut ahead = ahead(epnas::files::map(&path).expect("a file")).expect("a thread");
        for number in [0, 10, 24] {
            ahead.begin(number);
        }
        ahead.begun = None;
        assert_eq!(ahead.reader.take().map(|reader| reader.join().expect("no panic")), Some(25), "all batches");
        assert!(ahead_of_memory.is_none(), "in memory there is nothing to wait for");
    }
}
