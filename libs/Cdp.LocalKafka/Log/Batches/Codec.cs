namespace Cdp.LocalKafka.Log.Batches;

/// <summary>The compression codec of a batch: the low three bits of its attributes.</summary>
internal enum Codec
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}
