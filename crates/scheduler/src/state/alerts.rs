//! The book of alerts: what people were last told of each worker, and what is still on its way to them.
//!
//! It refuses to know channels and clocks: over what is sent, and when it is tried again, comes with the events.

use std::collections::BTreeMap;

use callsheet_model::image::{AlertImage, DeliveryImage, ToldImage};
use callsheet_model::{Alert, AlertEvent, AlertKind, Timestamp};
use uuid::Uuid;

#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    told: BTreeMap<String, ToldImage>,
    /// Alerts that some channel has not taken, in the order they were raised.
    alerts: BTreeMap<u64, AlertImage>,
    /// Where each is.
    places: BTreeMap<Uuid, u64>,
}

impl Book {
    /// A book with these entries.
    pub(super) fn of(told: BTreeMap<String, ToldImage>, alerts: Vec<AlertImage>) -> Self {
        let mut book = Self { told, ..Self::default() };
        alerts.into_iter().for_each(|alert| book.await_channels(alert));
        book
    }

    pub(super) fn enter(&mut self, event: &AlertEvent, at: Timestamp) {
        match event {
            AlertEvent::Noted { worker, alive: None, dead_letters: 0 } => {
                self.told.remove(worker);
            }
            AlertEvent::Noted { worker, alive, dead_letters } => {
                let told = ToldImage { alive: *alive, dead_letters: *dead_letters };
                self.told.insert(worker.clone(), told);
            }
            AlertEvent::Raised { alert, channels } => self.raised(alert, channels, at),
            AlertEvent::Sending { alert, channel, attempt } => {
                self.change(*alert, channel, |delivery| {
                    delivery.sending = true;
                    delivery.attempts = *attempt;
                });
            }
            AlertEvent::Failed { alert, channel, retry_at: Some(at), .. } => {
                self.change(*alert, channel, |delivery| {
                    delivery.sending = false;
                    delivery.not_before = *at;
                });
            }
            AlertEvent::Sent { alert, channel }
            | AlertEvent::Failed { alert, channel, retry_at: None, .. }
            | AlertEvent::Unconfirmed { alert, channel } => self.settle(*alert, channel),
        }
    }

    fn raised(&mut self, alert: &Alert, channels: &[String], at: Timestamp) {
        let told = self.told.entry(alert.worker.clone()).or_default();
        match alert.what {
            AlertKind::Down => told.alive = Some(false),
            AlertKind::Up => told.alive = Some(true),
            AlertKind::DeadLetters(count) => told.dead_letters = count,
        }
        let waiting = channels.iter().map(|channel| (channel.clone(), DeliveryImage::default())).collect();
        self.await_channels(AlertImage { alert: alert.clone(), raised_at: at, waiting });
    }

    fn await_channels(&mut self, alert: AlertImage) {
        if alert.waiting.is_empty() || self.places.contains_key(&alert.alert.id) {
            return;
        }
        let place = self.alerts.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        self.places.insert(alert.alert.id, place);
        self.alerts.insert(place, alert);
    }

    fn change(&mut self, alert: Uuid, channel: &str, change: impl FnOnce(&mut DeliveryImage)) {
        let alert = self.places.get(&alert).and_then(|place| self.alerts.get_mut(place));
        if let Some(delivery) = alert.and_then(|alert| alert.waiting.get_mut(channel)) {
            change(delivery);
        }
    }

    /// Nothing more of it goes out over the channel.
    fn settle(&mut self, id: Uuid, channel: &str) {
        let Some(place) = self.places.get(&id).copied() else { return };
        let Some(alert) = self.alerts.get_mut(&place) else { return };
        alert.waiting.remove(channel);
        if alert.waiting.is_empty() {
            self.alerts.remove(&place);
            self.places.remove(&id);
        }
    }

    /// What people were last told of each worker.
    pub(crate) fn told(&self) -> &BTreeMap<String, ToldImage> {
        &self.told
    }

    /// Alerts that some channel has not taken, the oldest first.
    pub(crate) fn waiting(&self) -> impl ExactSizeIterator<Item = &AlertImage> {
        self.alerts.values()
    }

    /// How far an alert is with a channel, while it waits for it.
    pub(crate) fn delivery(&self, alert: Uuid, channel: &str) -> Option<&DeliveryImage> {
        self.alerts.get(self.places.get(&alert)?)?.waiting.get(channel)
    }

    /// Whether each alert is where its id says.
    pub(super) fn holds_together(&self) -> bool {
        let found = |(place, alert): (&u64, &AlertImage)| self.places.get(&alert.alert.id) == Some(place);
        self.places.len() == self.alerts.len()
            && self.alerts.iter().all(found)
            && self.alerts.values().all(|alert| !alert.waiting.is_empty())
    }
}
