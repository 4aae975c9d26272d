use clap::Args;
use marquee_drift::{AdditionalThresholds, DriftConfig, Limit, Thresholds};

/// Declares a flag for each threshold and puts those that were given over others.
macro_rules! threshold_flags {
    ($($(#[doc = $doc:literal])+ $name:ident,)+ ; $($(#[doc = $more_doc:literal])+ $more:ident,)+) => {
        /// Thresholds by hand, over those of a file or a calibration, over the defaults.
        #[derive(Args)]
        #[command(next_help_heading = "Thresholds")]
        pub(crate) struct ThresholdArgs {
            $($(#[doc = $doc])+ #[arg(long, value_name = "X", allow_negative_numbers = true)] $name: Option<f64>,)+
            $($(#[doc = $more_doc])+ #[arg(long, value_name = "X", allow_negative_numbers = true)] $more: Option<f64>,)+
        }

        impl ThresholdArgs {
            /// Puts what was given into the configuration.
            pub(crate) fn apply(&self, config: &mut DriftConfig) {
                let Thresholds { $($name,)+ } = &mut config.thresholds;
                $(if let Some(value) = self.$name { *$name = value; })+
                let AdditionalThresholds { $($more,)+ } = &mut config.additional;
                $(if let Some(value) = self.$more { *$more = Limit::alarming(value); })+
            }
        }
    };
}

threshold_flags! {
    /// Rating PSI that is moderate [default: 0.10]
    psi_moderate,
    /// Rating PSI that is strong [default: 0.25]
    psi_strong,
    /// Entropy in bits that the ratings of a single table must have [default: 0.10]
    min_rating_entropy,
    /// Share of one rating that a single table must not reach [default: 0.99]
    max_top_rating_share,
    /// Share of rows on the ten films with most [default: 0.50]
    top10_share_threshold,
    /// Gini coefficient of rows per film [default: 0.90]
    gini_movies_threshold,
    /// Share the two lists of 100 films must have in common [default: 0.40]
    top100_overlap_threshold,
    /// Share of users with one event [default: 0.9999]
    one_and_done_threshold,
    /// Change of the top ten's share that is moderate [default: 0.05]
    pop_top10_delta_moderate,
    /// Change of the top ten's share that is strong [default: 0.08]
    pop_top10_delta_strong,
    /// Change of the top hundred's share that is moderate [default: 0.10]
    pop_top100_delta_moderate,
    /// Change of the top hundred's share that is strong [default: 0.15]
    pop_top100_delta_strong,
    /// Change of the Gini coefficient that is moderate [default: 0.06]
    pop_gini_delta_moderate,
    /// Change of the Gini coefficient that is strong [default: 0.10]
    pop_gini_delta_strong,
    ;
    /// Distance of the ratings, which then sets drift_detected [default: 0.10, which only reports]
    rating_js,
    /// Distance of the top hundred films' rows, likewise [default: 0.20]
    film_js,
    /// Distance of the genres' rows, likewise [default: 0.10]
    genre_js,
    /// Distance of the rows by hour of the week, likewise [default: 0.20]
    hour_js,
    /// Share of rows on new films, likewise [default: 0.10]
    new_film_share,
    /// Share of the reference's rows on films that are gone, likewise [default: 0.10]
    vanished_film_share,
    /// Part of the active users that are gone; sets drift_detected always [default: 0.15]
    active_users_drop,
    /// Fall of the 95th percentile of events per user, as --rating-js [default: 0.50]
    p95_events_drop,
    /// Fall of rows a day, as --rating-js [default: 0.50]
    rows_drop,
    /// Fall of the days covered; sets drift_detected always, and above 1 never [default: 0.20]
    days_drop,
}
