namespace Cdp.Ingestion.Importing.Ledger;

/// <summary>A record in the bytes of its topic, ready to be written, and to be written again.</summary>
public readonly record struct Encoded(string Topic, byte[]? Key, byte[] Value);
