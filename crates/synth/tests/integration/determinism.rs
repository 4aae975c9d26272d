use marquee_synth::SynthConfig;

use crate::{generate, small};

fn movies(config: SynthConfig) -> Vec<u8> {
    let mut out = Vec::new();
    generate(config).0.write_movies(&mut out).unwrap();
    out
}

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    for dirty in [false, true] {
        let config = SynthConfig { dirty, ..small() };
        let (synth, first, summary) = generate(config.clone());
        let (_, second, _) = generate(config.clone());
        assert!(first == second, "two generators differ");
        let mut again = Vec::new();
        assert_eq!(synth.write_log(&mut again).unwrap(), summary);
        assert!(first == again, "two calls of one generator differ");
        assert!(movies(config.clone()) == movies(config), "movie files differ");
    }
}

#[test]
fn another_seed_gives_another_log_and_other_films() {
    let other = SynthConfig { seed: 43, ..small() };
    assert!(generate(small()).1 != generate(other.clone()).1);
    assert!(movies(small()) != movies(other));
}
