//! Lists what a server accepts of a set: offer all, take away what it picks, until it refuses. Pure: it says what to offer next.
//!
//! The number of offers is the least possible, accepted and one. To save round trips several are made at once, on the guess
//! that the server picks what most servers have; a guess that fails costs an offer, and never a wrong answer.

/// How many offers are made on a guess at a time: what a well-kept server has with two types of certificates.
const GUESSES: usize = 9;

/// A server that has picked so many accepts nearly everything, and does not fail on long offers.
const RICH: usize = 16;
/// How long those may be.
pub(super) const LONG: usize = 128;

/// What to offer, and what the server picks of it if it is as most are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer<T> {
    pub(super) all: Vec<T>,
    pub(super) expected: Option<T>,
}

impl<T> Offer<T> {
    fn of(all: Vec<T>) -> Self {
        let expected = None;
        Self { all, expected }
    }
}

/// The state of one list.
#[derive(Clone, Debug)]
pub(super) struct Ladder<T> {
    left: Vec<T>,
    likely: Vec<T>,
    /// What is likely of a server that picks any of it.
    common: Vec<T>,
    /// How many were picked before these became what is likely.
    since: usize,
    /// What is hardly ever accepted, and goes along with the rest in the end.
    rare: Vec<T>,
    picked: Vec<T>,
    answers: Vec<(Vec<T>, Option<T>)>,
    /// How many were picked, and how many offers were made, when the last offers went out.
    before: (usize, usize),
    /// Whether nothing is guessed before something was picked.
    is_cautious: bool,
    /// How many offers are made on a guess next.
    guesses: usize,
    is_complete: bool,
}

impl<T: Copy + PartialEq> Ladder<T> {
    /// Everything of `all` is to be tried; `likely` is what a server picks as a rule, in that order.
    pub(super) fn new(all: Vec<T>, likely: Vec<T>) -> Self {
        Self {
            left: all,
            likely,
            common: Vec::new(),
            since: 0,
            rare: Vec::new(),
            picked: Vec::new(),
            answers: Vec::new(),
            before: (0, 0),
            is_cautious: false,
            guesses: GUESSES,
            is_complete: true,
        }
    }

    /// The same with what is likely, in that order, of a server that picks any of it.
    pub(super) fn or_commonly(mut self, common: Vec<T>) -> Self {
        self.common = common;
        self
    }

    /// The same with what is to be tried only in the end. One refusal then answers for both.
    pub(super) fn and_at_last(mut self, rare: Vec<T>) -> Self {
        self.rare = rare;
        self
    }

    /// The same where most servers have either most or nothing of it: that is found out first.
    pub(super) fn cautious(all: Vec<T>, likely: Vec<T>) -> Self {
        Self {
            is_cautious: true,
            ..Self::new(all, likely)
        }
    }

    /// The same with a long list of what is likely, in that order: one guess at first, and twice as many each time they are right.
    pub(super) fn following(mut self, likely: Vec<T>) -> Self {
        self.likely = likely;
        self.guesses = 1;
        self
    }

    /// Takes in what the server picked of an offer, of whatever set; `None` when it refused.
    pub(super) fn learn(&mut self, offered: Vec<T>, pick: Option<T>) {
        self.answers.push((offered, pick));
    }

    /// Takes in what is known to be accepted where the order of the picks is no matter.
    pub(super) fn take(&mut self, accepted: &[T]) {
        self.derive();
        for one in accepted {
            let held = [&mut self.left, &mut self.rare];
            let places = held.into_iter().filter_map(|all| {
                let at = all.iter().position(|own| own == one)?;
                Some(all.remove(at))
            });
            self.picked.extend(places);
        }
    }

    /// What was picked so far.
    pub(super) fn picked(&self) -> &[T] {
        &self.picked
    }

    /// An offer met something that is no answer: what is left stays unknown.
    pub(super) fn give_up(&mut self) {
        self.left.clear();
        self.is_complete = false;
    }

    /// What was picked, in the order of the picks, and whether that is all.
    pub(super) fn result(self) -> (Vec<T>, bool) {
        (self.picked, self.is_complete)
    }

    /// What to offer next, all at once; nothing when the list is done.
    pub(super) fn next(&mut self) -> Vec<Offer<T>> {
        self.derive();
        let length = self.left.len() + self.rare.len();
        let joins = self.left.is_empty() || self.picked.len() >= RICH && length <= LONG;
        if joins && self.is_complete {
            self.left.append(&mut self.rare);
        }
        if self.left.is_empty() {
            return Vec::new();
        }
        self.guess_anew();
        let mut offers = vec![Offer::of(self.left.clone())];
        if !self.is_cautious || !self.picked.is_empty() {
            self.add_guesses(&mut offers);
        }
        offers.retain(|offer| !self.answers.iter().any(|(known, _)| *known == offer.all));
        self.before = (self.picked.len(), offers.len());
        offers
    }

    /// A server that prefers otherwise than was guessed makes further guesses costly.
    fn guess_anew(&mut self) {
        let (picked, offered) = self.before;
        let new = self.picked.get(self.since..).unwrap_or_default();
        let as_likely = new.iter().all(|pick| self.likely.contains(pick));
        if self.picked.len() >= picked + offered && as_likely {
            if offered > 0 {
                self.guesses = (2 * self.guesses).min(GUESSES);
            }
            return;
        }
        let is_common = |pick: &T| self.common.contains(pick);
        self.likely = if self.picked.last().is_some_and(is_common) {
            std::mem::take(&mut self.common)
        } else {
            Vec::new()
        };
        self.since = self.picked.len();
    }

    fn add_guesses(&self, offers: &mut Vec<Offer<T>>) {
        let guesses = self.likely.iter().filter(|guess| self.left.contains(guess));
        for guess in guesses.clone().take(self.guesses) {
            let Some(last) = offers.last_mut() else { break };
            last.expected = Some(*guess);
            let smaller = last.all.iter().filter(|own| *own != guess);
            let smaller: Vec<T> = smaller.copied().collect();
            if smaller.is_empty() {
                break;
            }
            offers.push(Offer::of(smaller));
        }
        // Of two that are likely either may come first, which one offer more settles at once; unless the order is the guessed
        // one so far.
        let as_guessed = self.likely.starts_with(&self.picked);
        if let ([_, _, _], false, Some(second)) =
            (offers.as_slice(), as_guessed, guesses.clone().nth(1))
        {
            let others = self.left.iter().filter(|own| *own != second);
            offers.push(Offer::of(others.copied().collect()));
        }
    }

    /// Draws what follows from the answers: what was refused in company is refused, and the pick of a larger set is the pick of
    /// a smaller one that has it.
    fn derive(&mut self) {
        let refused = self.answers.iter().filter(|(_, pick)| pick.is_none());
        for (offered, _) in refused {
            self.left.retain(|own| !offered.contains(own));
        }
        while let Some(pick) = self.pick() {
            self.picked.push(pick);
            self.left.retain(|own| *own != pick);
        }
    }

    fn pick(&self) -> Option<T> {
        let covers = |offered: &[T]| self.left.iter().all(|own| offered.contains(own));
        let mut picks = self.answers.iter().filter(|(offered, _)| covers(offered));
        picks.find_map(|(_, pick)| pick.filter(|pick| self.left.contains(pick)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists what a server accepts that prefers in the order of `accepted`: the list, the offers and the rounds.
    fn listed(all: &[u8], likely: &[u8], accepted: &[u8]) -> (Vec<u8>, usize, usize) {
        let mut ladder = Ladder::new(all.to_vec(), likely.to_vec());
        let (mut offers, mut rounds) = (0, 0);
        loop {
            let next = ladder.next();
            if next.is_empty() {
                let (picked, complete) = ladder.result();
                assert!(complete);
                return (picked, offers, rounds);
            }
            rounds += 1;
            for Offer { all: offer, .. } in next {
                offers += 1;
                let pick = accepted.iter().find(|own| offer.contains(own)).copied();
                ladder.learn(offer, pick);
            }
        }
    }

    /// The next offers alone.
    fn next(ladder: &mut Ladder<u8>) -> Vec<Vec<u8>> {
        let offers = ladder.next().into_iter();
        offers.map(|offer| offer.all).collect()
    }

    const ALL: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    #[test]
    fn the_picks_are_in_the_servers_order_and_cost_one_offer_each_and_one_more() {
        assert_eq!(listed(&ALL, &[], &[5, 2, 7]), (vec![5, 2, 7], 4, 4));
        assert_eq!(listed(&ALL, &[], &[]), (vec![], 1, 1));
        assert_eq!(listed(&ALL, &[], &ALL), (ALL.to_vec(), 8, 8));
    }

    #[test]
    fn right_guesses_save_rounds_and_no_offer_is_wasted() {
        assert_eq!(listed(&ALL, &[1, 2, 3], &[1, 2, 3]), (vec![1, 2, 3], 4, 1));
    }

    #[test]
    fn a_long_list_of_guesses_is_followed_in_few_rounds_and_left_at_the_first_wrong_one() {
        let listed = |accepted: &[u8]| {
            let mut ladder = Ladder::new(ALL.to_vec(), Vec::new()).following(ALL.to_vec());
            let (mut offers, mut rounds) = (0, 0);
            loop {
                let next = self::next(&mut ladder);
                if next.is_empty() {
                    return (ladder.result().0, offers, rounds);
                }
                rounds += 1;
                for offer in next {
                    offers += 1;
                    let pick = accepted.iter().find(|own| offer.contains(own)).copied();
                    ladder.learn(offer, pick);
                }
            }
        };
        assert_eq!(listed(&ALL), (ALL.to_vec(), 8, 3));
        // Twice what was guessed, and no more than that.
        let other = [8, 7, 6, 5, 4, 3, 2, 1];
        assert_eq!(listed(&other), (other.to_vec(), 9, 8));
    }

    #[test]
    fn wrong_guesses_cost_offers_and_never_a_wrong_answer() {
        for accepted in [&[2, 1][..], &[3, 2, 1], &[8, 1], &[4], &[2, 8, 3, 1]] {
            let (picked, offers, _) = listed(&ALL, &[1, 2, 3], accepted);
            assert_eq!(picked, accepted);
            assert!(offers <= accepted.len() + 1 + 6, "{offers}");
        }
    }

    #[test]
    fn each_guess_is_what_is_expected_of_its_offer() {
        let mut ladder = Ladder::new(vec![1, 2, 3], vec![2, 1]);
        let expected: Vec<Option<u8>> = ladder.next().iter().map(|own| own.expected).collect();
        assert_eq!(expected, [Some(2), Some(1), None]);
    }

    #[test]
    fn who_picks_what_is_common_is_guessed_to_have_more_of_it() {
        let all: Vec<u8> = (0..12).collect();
        let ladder = Ladder::new(all.clone(), vec![0, 1]).or_commonly(vec![2, 3, 4, 5]);
        let (mut ladder, mut rounds) = (ladder, 0);
        loop {
            let offers = ladder.next();
            if offers.is_empty() {
                break;
            }
            rounds += 1;
            for offer in offers {
                let pick = (0..6).find(|own| offer.all.contains(own));
                ladder.learn(offer.all, pick);
            }
        }
        assert_eq!((rounds, ladder.result()), (2, ((0..6).collect(), true)));
    }

    #[test]
    fn one_refusal_answers_for_what_is_rare_as_well_when_much_was_picked() {
        let all: Vec<u8> = (0..20).collect();
        let mut ladder = Ladder::new(all.clone(), Vec::new()).and_at_last(vec![100, 101]);
        let mut offers = 0;
        while let Some(Offer { all: offer, .. }) = ladder.next().pop() {
            offers += 1;
            let pick = all.iter().take(18).find(|own| offer.contains(own)).copied();
            ladder.learn(offer, pick);
        }
        assert_eq!((offers, ladder.result()), (19, (all[..18].to_vec(), true)));
        let mut poor = Ladder::new(vec![1], Vec::new()).and_at_last(vec![100]);
        assert_eq!(next(&mut poor), [vec![1]]);
        poor.learn(vec![1], None);
        assert_eq!(next(&mut poor), [vec![100]]);
    }

    #[test]
    fn what_is_known_to_be_accepted_is_not_asked_for() {
        let mut ladder = Ladder::new(vec![1, 2, 3, 4], Vec::new()).and_at_last(vec![7, 8]);
        ladder.learn(vec![1, 2, 3, 4], Some(2));
        ladder.take(&[2, 4, 8, 9]);
        assert_eq!(ladder.picked(), [2, 4, 8]);
        assert_eq!(next(&mut ladder), [vec![1, 3]]);
        ladder.learn(vec![1, 3], None);
        assert_eq!(next(&mut ladder), [vec![7]]);
        ladder.learn(vec![7], None);
        assert!(ladder.next().is_empty());
        assert_eq!(ladder.result(), (vec![2, 4, 8], true));
    }

    #[test]
    fn who_is_cautious_guesses_only_after_a_pick() {
        let ladder = || Ladder::cautious(vec![1, 2, 3, 4], vec![1, 2, 3]);
        let mut refused = ladder();
        assert_eq!(next(&mut refused), [vec![1, 2, 3, 4]]);
        refused.learn(vec![1, 2, 3, 4], None);
        assert!(refused.next().is_empty());
        let mut picked = ladder();
        picked.next();
        picked.learn(vec![1, 2, 3, 4], Some(1));
        assert_eq!(next(&mut picked)[..2], [vec![2, 3, 4], vec![3, 4]]);
    }

    #[test]
    fn what_is_known_from_other_hellos_is_not_asked_again() {
        let mut ladder = Ladder::new(vec![1, 2, 3], Vec::new());
        ladder.learn(vec![3, 9], None);
        ladder.learn(vec![0, 1, 2, 3], Some(2));
        assert_eq!(next(&mut ladder), [vec![1]]);
        let mut done = Ladder::new(vec![1, 2], Vec::new());
        done.learn(vec![1, 2, 3], None);
        assert!(done.next().is_empty());
    }

    #[test]
    fn a_list_that_was_given_up_is_not_complete() {
        let mut ladder = Ladder::new(vec![1, 2], Vec::new());
        ladder.learn(vec![1, 2], Some(1));
        assert_eq!(next(&mut ladder), [vec![2]]);
        ladder.give_up();
        assert!(ladder.next().is_empty());
        assert_eq!(ladder.result(), (vec![1], false));
    }
}
