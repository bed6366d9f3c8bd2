"""The Kafka side: messages in, offsets out. Everything else knows no Kafka."""

from shared.kafka.consumer import BatchingKafkaConsumer

__all__ = ["BatchingKafkaConsumer"]
