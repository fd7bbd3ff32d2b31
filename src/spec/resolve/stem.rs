//! The stem where a spec does not name it: larger images are made smaller at once, so that the layers behind it cost much
//! the same for images of any size, and see much the same share of them.

/// The stride for images with this shorter side.
pub(super) const fn stride(side: usize) -> usize {
    match side {
        0..48 => 1,
        48..160 => 2,
        _ => 4,
    }
}

/// The window of a stem.
pub(super) const KERNEL: usize = 3;

/// The window for a stride: every pixel falls into one, as most do into two.
pub(super) const fn kernel(stride: usize) -> usize {
    if stride < KERNEL { KERNEL } else { 2 * stride - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_behind_the_stem_see_images_of_much_the_same_size() {
        for side in [28_usize, 32, 47, 48, 64, 96, 128, 159, 160, 192, 224] {
            let seen = side.div_ceil(stride(side));
            assert!((24..=80).contains(&seen), "{side}: {seen}");
            assert!(kernel(stride(side)) >= stride(side) && kernel(stride(side)) % 2 == 1, "{side}");
        }
    }
}
