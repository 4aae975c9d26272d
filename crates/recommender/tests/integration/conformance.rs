use std::panic::{AssertUnwindSafe, catch_unwind};

use marquee_recommender::{
    Filter, ItemRow, ItemSet, Recent, Recommender, Request, ScoredItem, SeenItems, TopK, UserRow,
    conformance,
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
    IgnoresBanned,
    IgnoresCandidates,
    FiltersWhatItCut,
    ScoresByFilter,
    ForgetsWhereNothingIsLeft,
    ConfusesIds,
    KnowsEveryId,
    KeepsRecent,
    HidesRecentAlways,
    DependsOnOrder,
    CountsRecentItDoesNotHave,
    LearnsInSecret,
    ForgetsWhoDidSomething,
    RemembersLess,
}

/// Scores that repeat, so that ties matter.
struct Model {
    seen: SeenItems,
    /// Whether items like a recent one are raised.
    learns: bool,
    fault: Fault,
}

const ITEMS: usize = 12;

impl Model {
    fn new(fault: Fault) -> Self {
        let seen = SeenItems::new(vec![0, 2, 2], vec![3, 7], ITEMS).unwrap();
        let learns = matches!(fault, Fault::DependsOnOrder | Fault::CountsRecentItDoesNotHave);
        Self { seen, learns, fault }
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

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        let row = (0..ITEMS as u32).map(ItemRow).find(|&row| self.movie_id(row) == movie_id);
        match self.fault {
            Fault::ConfusesIds => row.map(|row| ItemRow(row.0 / 2 * 2)),
            Fault::KnowsEveryId => row.or(Some(ItemRow(0))),
            _ => row,
        }
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        (user_id < 2).then_some(UserRow(user_id as u32))
    }

    fn learns_recent(&self) -> bool {
        self.learns
    }

    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let user = request.user?;
        if self.fault == Fault::ForgetsSomebody && request.k == 1 {
            return None;
        }
        let filter = request.filter;
        if self.fault == Fault::ForgetsWhereNothingIsLeft
            && filter.candidates.is_some_and(ItemSet::is_empty)
        {
            return None;
        }
        if self.fault == Fault::ForgetsWhoDidSomething && request.recent.len() > 1 {
            return None;
        }
        let rows = self.hidden(request, user);
        let liked = self.liked(request.recent);
        let mut top = TopK::new(request.k);
        for item in (0..ITEMS as u32).map(ItemRow) {
            let hidden = rows.contains(&item.0);
            if hidden && self.fault != Fault::KeepsSeen {
                continue;
            }
            if self.fault != Fault::FiltersWhatItCut && !self.honoured(filter).admits(item) {
                continue;
            }
            let raised = match self.fault {
                Fault::DependsOnK => item.index() == request.k,
                Fault::ScoresByFilter => item.0 % 3 == 1 && filter.candidates.is_some(),
                _ if self.learns => Some(item.0 % 4) == liked,
                Fault::LearnsInSecret => Some(item.0 % 4) == liked,
                _ => false,
            };
            top.push(item, (item.0 % 3) as f32 + f32::from(u8::from(raised)));
        }
        let mut list = top.into_sorted();
        match self.fault {
            Fault::IgnoresTies if list.len() > 1 => list.swap(0, 1),
            Fault::TooMany => list.push(ScoredItem { item: ItemRow(0), score: -9.0 }),
            Fault::Repeats if list.len() > 1 => list[1] = list[0],
            Fault::FiltersWhatItCut => list.retain(|scored| filter.admits(scored.item)),
            _ => {}
        }
        Some(list)
    }
}

impl Model {
    /// The rows to be left out.
    fn hidden(&self, request: &Request<'_>, user: UserRow) -> Vec<u32> {
        let seen = self.seen.of(user);
        let request = match self.fault {
            Fault::KeepsRecent => Request { recent: &[], ..*request },
            Fault::HidesRecentAlways => Request { filter: Filter::default(), ..*request },
            _ => *request,
        };
        let mut rows = request.hidden(seen).into_owned();
        if self.fault == Fault::HidesRecentAlways && request.filter.include_seen {
            rows.retain(|row| !seen.contains(row));
        }
        if self.fault == Fault::RemembersLess && !request.recent.is_empty() {
            rows.retain(|row| !seen.contains(row));
        }
        rows
    }

    /// What kind of item is raised: that of the lowest recent row there is.
    fn liked(&self, recent: &[Recent]) -> Option<u32> {
        let mut rows = recent.iter().map(|recent| recent.item.0);
        let exists = |row: &u32| (*row as usize) < ITEMS;
        match self.fault {
            Fault::DependsOnOrder => rows.find(exists),
            Fault::CountsRecentItDoesNotHave => rows.max(),
            _ => rows.filter(exists).min(),
        }
        .map(|row| row % 4)
    }

    fn honoured<'a>(&self, filter: Filter<'a>) -> Filter<'a> {
        match self.fault {
            Fault::IgnoresBanned => Filter { banned: None, ..filter },
            Fault::IgnoresCandidates => Filter { candidates: None, ..filter },
            _ => filter,
        }
    }
}

fn passes(fault: Fault) -> bool {
    conforms(&Model::new(fault))
}

fn conforms(model: &Model) -> bool {
    let seen = |user: Option<UserRow>| {
        user.map_or(Vec::new(), |user| {
            Model::new(Fault::None).seen.of(user).iter().map(|&row| ItemRow(row)).collect()
        })
    };
    catch_unwind(AssertUnwindSafe(|| conformance::check(model, &[0, 1, 99], seen))).is_ok()
}

#[test]
fn a_right_model_passes() {
    assert!(passes(Fault::None));
    assert!(conforms(&Model { learns: true, ..Model::new(Fault::None) }));
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
        Fault::IgnoresBanned,
        Fault::IgnoresCandidates,
        Fault::FiltersWhatItCut,
        Fault::ScoresByFilter,
        Fault::ForgetsWhereNothingIsLeft,
        Fault::ConfusesIds,
        Fault::KnowsEveryId,
        Fault::KeepsRecent,
        Fault::HidesRecentAlways,
        Fault::DependsOnOrder,
        Fault::CountsRecentItDoesNotHave,
        Fault::LearnsInSecret,
        Fault::ForgetsWhoDidSomething,
        Fault::RemembersLess,
    ] {
        assert!(!passes(fault), "{fault:?} passes");
    }
}
