//! The name of the machine and of its processor.

use super::Host;

impl Host {
    /// What the system says of all processors, `/proc/cpuinfo`; empty where it says nothing.
    pub fn cpuinfo(&self) -> String {
        self.text("/proc/cpuinfo")
    }

    /// The model of the processor, where the system names one.
    pub fn processor(&self) -> Option<String> {
        let text = self.cpuinfo();
        let (_, model) = text.lines().find(|line| line.starts_with("model name"))?.split_once(':')?;
        Some(model.trim().to_owned())
    }

    /// What the machine is called on its network; empty where it says nothing.
    pub fn name(&self) -> String {
        self.text("/proc/sys/kernel/hostname").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_says_what_it_is_called_and_what_it_computes_with() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let host = Host::at(root.path());
        assert_eq!((host.processor(), host.name()), (None, String::new()));
        for (path, text) in [("proc/cpuinfo", "processor\t: 0\nmodel name\t: A: B\nflags\t: sse\n"), ("proc/sys/kernel/hostname", "n1\n")] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        assert_eq!((host.processor(), host.name()), (Some("A: B".to_owned()), "n1".to_owned()));
    }
}
