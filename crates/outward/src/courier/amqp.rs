//! AMQP 0.9.1, as RabbitMQ speaks it: each event goes to a durable topic exchange with its type as routing key, marked
//! persistent, with its id as message id. A batch is published at once on one channel, and counts event by event as the
//! broker confirms. A confirmation says that every queue it belongs in has it; where none is bound it belongs nowhere.
//!
//! A broker that refuses one event in the middle of a batch (a full queue that rejects) gets it and what comes after it
//! again: in that queue it then stands behind them.

use std::time::Duration;

use callsheet_config::AmqpConfig;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind};
use tokio::time::timeout;

use super::{Delivered, Parcel};
use crate::secret;

/// A handshake that takes longer has failed.
const CONNECT: Duration = Duration::from_secs(10);
/// Confirmations of a batch that take longer have failed. A broker that is out of memory or disk takes nothing.
const CONFIRM: Duration = Duration::from_secs(30);
/// No larger event is sent: a broker closes the channel over one that is too large for it.
const LARGEST: usize = 16 << 20;
/// The protocol's limit on a routing key.
const LONGEST_KEY: usize = 255;
/// The protocol's word for: keep it on disk.
const PERSISTENT: u8 = 2;

pub(crate) struct Amqp {
    config: AmqpConfig,
    connected: Option<(Connection, Channel)>,
}

impl Amqp {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// What is wrong with the URL, for people.
    pub(crate) fn new(config: AmqpConfig) -> Result<Self, String> {
        address(&config.url)?;
        Ok(Self { config, connected: None })
    }

    pub(crate) async fn connect(&mut self) -> Result<(), String> {
        if self.connected.as_ref().is_none_or(|(_, channel)| !channel.status().connected()) {
            self.connected = None;
            let connecting = open(&self.config);
            self.connected =
                Some(timeout(CONNECT, connecting).await.map_err(|_| "it does not answer".to_owned())??);
        }
        Ok(())
    }

    pub(crate) async fn deliver(&mut self, parcels: &[Parcel]) -> Delivered {
        if let Err(why) = self.connect().await {
            return Delivered::failed(0, why);
        }
        let Some((connection, channel)) = self.connected.take() else { return Delivered::all(0) };
        let mut taken = 0;
        let published = timeout(CONFIRM, publish(&channel, &self.config.exchange, parcels, &mut taken)).await;
        let delivered = match published {
            Ok(delivered) => delivered,
            Err(_) => Delivered::failed(taken, format!("it confirmed nothing for {CONFIRM:?}")),
        };
        // After trouble nobody knows what is still on its way over the old connection.
        if !matches!(delivered.trouble, Some(super::Trouble::Failed { .. })) {
            self.connected = Some((connection, channel));
        }
        delivered
    }
}

/// Where the broker is.
pub(crate) fn address(url: &str) -> Result<AMQPUri, String> {
    url.parse().map_err(|error| format!("{} is no AMQP URL: {error}", secret::shown(url)))
}

async fn open(config: &AmqpConfig) -> Result<(Connection, Channel), String> {
    let mut address = address(&config.url)?;
    address.authority.userinfo.username.clone_from(&config.user);
    address.authority.userinfo.password = match &config.password_file {
        Some(file) => secret::read_off(file).await.map_err(|error| error.to_string())?,
        None => "guest".to_owned(),
    };
    let properties = ConnectionProperties::default().with_connection_name("callsheet".into());
    let connection = Connection::connect_uri(address, properties).await.map_err(told)?;
    let channel = connection.create_channel().await.map_err(told)?;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let exchange = short(&config.exchange)?;
    let declared =
        channel.exchange_declare(exchange, ExchangeKind::Topic, durable, FieldTable::default()).await;
    declared.map_err(told)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(told)?;
    Ok((connection, channel))
}

/// Publishes all of them, then waits for each. `taken` counts along, for whoever loses patience.
async fn publish(channel: &Channel, exchange: &str, parcels: &[Parcel], taken: &mut usize) -> Delivered {
    let exchange = match short(exchange) {
        Ok(exchange) => exchange,
        Err(why) => return Delivered::failed(0, why),
    };
    let (mut confirms, mut refused, mut failed) = (Vec::with_capacity(parcels.len()), None, None);
    for parcel in parcels {
        let key = match routing_key(parcel) {
            Ok(key) => key,
            Err(why) => {
                refused = Some(why);
                break;
            }
        };
        let (options, body) = (BasicPublishOptions::default(), parcel.json.as_bytes());
        match channel.basic_publish(exchange.clone(), key, options, body, properties(parcel)).await {
            Ok(confirm) => confirms.push(confirm),
            Err(error) => {
                failed = Some(told(error));
                break;
            }
        }
    }
    for confirm in confirms {
        match confirm.await {
            Ok(Confirmation::Ack(_)) => *taken += 1,
            Ok(Confirmation::Nack(_)) => return Delivered::failed(*taken, "a queue refused it"),
            Ok(Confirmation::NotRequested) => {
                return Delivered::failed(*taken, "the broker does not confirm");
            }
            Err(error) => return Delivered::failed(*taken, told(error)),
        }
    }
    match (failed, refused) {
        (Some(why), _) => Delivered::failed(*taken, why),
        (None, Some(why)) => Delivered::refused(*taken, why),
        (None, None) => Delivered::all(*taken),
    }
}

fn routing_key(parcel: &Parcel) -> Result<ShortString, String> {
    if parcel.json.len() > LARGEST {
        return Err(format!("the event is {} bytes long, and at most {LARGEST} are sent", parcel.json.len()));
    }
    short(&parcel.kind).map_err(|_| {
        let length = parcel.kind.len();
        format!("its type is {length} bytes long, and a routing key has at most {LONGEST_KEY}")
    })
}

fn properties(parcel: &Parcel) -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(parcel.id.to_string().into())
        .with_timestamp(parcel.at.0 / 1000)
        .with_app_id("callsheet".into())
}

fn short(text: &str) -> Result<ShortString, String> {
    if text.len() > LONGEST_KEY {
        return Err(format!("{text:?} is {} bytes long, and at most {LONGEST_KEY} are allowed", text.len()));
    }
    Ok(text.into())
}

/// An error for people. None of them shows the password.
fn told(error: lapin::Error) -> String {
    error.to_string()
}
