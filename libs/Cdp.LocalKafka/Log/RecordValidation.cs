using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>What Kafka's LogValidator checks of the single records of a produced batch. Pure.</summary>
internal static class RecordValidation
{
    /// <summary>The records for whose sake a compacted topic refuses the whole batch: without a key they could never be replaced.</summary>
    public static List<RecordError> Keyless(IReadOnlyList<BatchRecord> records) =>
        [.. Enumerable.Range(0, records.Count).Where(i => records[i].Key is null).Select(i => new RecordError(i, "a record of a compacted topic needs a key"))];
}
