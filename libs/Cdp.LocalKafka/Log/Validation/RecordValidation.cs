using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Log.Validation;

/// <summary>The checks that Kafka's LogValidator makes on single records of a produced batch. Pure.</summary>
internal static class RecordValidation
{
    /// <summary>The records for which a compacted topic refuses the batch. Without a key they could never be superseded.</summary>
    public static List<RecordError> Keyless(IReadOnlyList<BatchRecord> records) =>
        [
            .. Enumerable.Range(0, records.Count).Where(i => records[i].Key is null).Select(
                i => new RecordError(i, "a record of a compacted topic must have a key")),
        ];
}

/// <summary>Why one record of a batch was refused.</summary>
/// <param name="Index">The position of the record in its batch, from 0.</param>
internal readonly record struct RecordError(int Index, string Message);
