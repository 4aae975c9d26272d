use std::panic::{AssertUnwindSafe, catch_unwind};

use marquee_recommender::{
    ItemRow, Recommender, Request, ScoredItem, SeenItems, TopK, UserRow, conformance,
};

/// What is wrong with a model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    KeepsSeen,
    IgnoresTies,
    TooMany,
    Repeats,
    ForgetsSomebody,
    DependsOnK,
}

/// Scores that repeat, so that ties matter.
struct Model {
    seen: SeenItems,
    fault: Fault,
}

const ITEMS: usize = 12;

impl Model {
    fn new(fault: Fault) -> Self {
        let seen = SeenItems::new(vec![0, 2, 2], vec![3, 7], ITEMS).unwrap();
        Self { seen, fault }
    }
}

impl Recommender for Model {
    fn name(&self) -> &'static str {
        "test"
    }

    fn items(&self) -> usize {
        ITEMS
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"][item.index()]
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        (user_id < 2).then_some(UserRow(user_id as u32))
    }

    fn recommend(&self, request: &Request) -> Option<Vec<ScoredItem>> {
        let user = request.user?;
        if self.fault == Fault::ForgetsSomebody && request.k == 1 {
            return None;
        }
        let mut top = TopK::new(request.k);
        for row in 0..ITEMS as u32 {
            let hidden = !request.include_seen && self.seen.contains(user, ItemRow(row));
            if hidden && self.fault != Fault::KeepsSeen {
                continue;
            }
            let tie =
                if self.fault == Fault::DependsOnK { row as usize == request.k } else { false };
            top.push(ItemRow(row), (row % 3) as f32 + f32::from(u8::from(tie)));
        }
        let mut list = top.into_sorted();
        match self.fault {
            Fault::IgnoresTies if list.len() > 1 => list.swap(0, 1),
            Fault::TooMany => list.push(ScoredItem { item: ItemRow(0), score: -9.0 }),
            Fault::Repeats if list.len() > 1 => list[1] = list[0],
            _ => {}
        }
        Some(list)
    }
}

fn passes(fault: Fault) -> bool {
    let model = Model::new(fault);
    let seen = |user: Option<UserRow>| {
        user.map_or(Vec::new(), |user| {
            Model::new(Fault::None).seen.of(user).iter().map(|&row| ItemRow(row)).collect()
        })
    };
    catch_unwind(AssertUnwindSafe(|| conformance::check(&model, &[0, 1, 99], seen))).is_ok()
}

#[test]
fn a_right_model_passes() {
    assert!(passes(Fault::None));
}

#[test]
fn each_fault_is_caught() {
    for fault in [
        Fault::KeepsSeen,
        Fault::IgnoresTies,
        Fault::TooMany,
        Fault::Repeats,
        Fault::ForgetsSomebody,
        Fault::DependsOnK,
    ] {
        assert!(!passes(fault), "{fault:?} passes");
    }
}
