//! From a queue to its handler, and what becomes of each message then.

use std::sync::Arc;
use std::time::Duration;

use domain::handled::{Handled, Step};
use domain::ports::PortError;
use domain::timer;
use domain::work::Queue;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::dead_letters::{DeadLetter, bury};
use super::{Bus, Delivery, Handler, MOST_TRIES, Message, Next, RETRY_PAUSE};

/// How many messages of one queue are in work at once.
const AT_ONCE: usize = 8;

impl Bus {
    /// Gives a queue's messages to its handler, for as long as it is polled.
    /// A handler that panics has not handled its message, and it comes again.
    pub async fn serve(self: Arc<Self>, queue: Queue, handler: Arc<dyn Handler>) {
        let mut in_work = JoinSet::new();
        loop {
            // Before the look at the queue, or what comes right after it would go unheard.
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            while in_work.try_join_next().is_some() {}
            let next = if in_work.len() < AT_ONCE {
                self.next(queue)
            } else {
                Next::Nothing
            };
            match next {
                Next::Now(delivery) => {
                    let one = one(Arc::clone(&self), queue, (Arc::clone(&handler), delivery));
                    in_work.spawn(one);
                }
                Next::NotBefore(at) => {
                    let left = at.duration_since(self.clock.now());
                    let left = Duration::try_from(left.max(SignedDuration::ZERO));
                    tokio::select! {
                        () = news => {}
                        () = self.clock.sleep(left.unwrap_or_default()) => {}
                    }
                }
                Next::Nothing => news.await,
            }
        }
    }
}

/// One message from its queue to its end.
async fn one(bus: Arc<Bus>, queue: Queue, (handler, delivery): (Arc<dyn Handler>, Delivery)) {
    let given = delivery.clone();
    let handling = tokio::spawn(async move { handler.handle(&given).await });
    let handled = handling
        .await
        .unwrap_or_else(|_| Handled::Retry("its handler panicked".to_owned()));
    let step = step(handled, delivery.times, bus.clock.now());
    if let Err(error) = bus.carry_out(queue, &delivery, step).await {
        // It was not dealt with: it comes again, and whoever handles it has done it once before.
        let again = Step::Return(error.to_string());
        let _ = bus.carry_out(queue, &delivery, again).await;
    }
    bus.done();
}

/// What is done about an outcome after so many tries, at a moment. On AWS the
/// queue itself ends the tries; here it is the bus.
pub(super) fn step(handled: Handled, times: u32, now: Timestamp) -> Step {
    match Step::of(handled, now) {
        Step::Return(reason) if times >= MOST_TRIES => {
            Step::Bury(format!("tried {times} times; the last time: {reason}"))
        }
        step => step,
    }
}

impl Bus {
    async fn carry_out(
        &self,
        queue: Queue,
        delivery: &Delivery,
        step: Step,
    ) -> Result<(), PortError> {
        match step {
            Step::Acknowledge => {}
            Step::SendAgain { delay, body } => {
                let body = body.as_deref().unwrap_or(&delivery.body);
                self.put(queue, delay, Message::New(body));
            }
            Step::SetTimer { at, body } => {
                let body = body.unwrap_or_else(|| delivery.body.clone());
                // The same message, tried twice, is one timer.
                let key = format!("later#{queue}#{}", delivery.id);
                let timer = timer::put_body(at, queue, (&key, body))?;
                self.items.write(&[timer]).await?;
            }
            Step::Bury(reason) => {
                let letter = DeadLetter {
                    function: queue.to_string(),
                    queue: Some(queue),
                    source: queue.to_string(),
                    reason,
                    body: delivery.body.clone(),
                    at: self.clock.now(),
                };
                bury(&*self.items, &letter).await?;
            }
            Step::Return(_) => {
                self.put(queue, RETRY_PAUSE, Message::Again(delivery.clone()));
            }
        }
        Ok(())
    }
}
