namespace Cdp.Ingestion.Importing.Checkpoints;

/// <summary>An encoded Kafka record, which can be produced again if a transaction fails.</summary>
public readonly record struct EncodedRecord(string Topic, byte[]? Key, byte[] Value);
