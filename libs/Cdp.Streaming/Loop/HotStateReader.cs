using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Streaming.Loop;

/// <summary>
/// Reads the hot state for a batch. If that fails for a single record, either the record or the hot state may be the cause. The record is to blame only if the
/// same read succeeds for another record: otherwise a corrupt value in the hot state would dead-letter every event.
/// </summary>
/// <param name="processor">The processor that reads the hot state.</param>
/// <param name="isOwned">Whether the loop still owns a partition. Reading may write claims at the position of a record, which only the owner may do.</param>
internal sealed class HotStateReader<TView>(Processor<TView> processor, Func<TopicPartition, bool> isOwned)
{
    // Each record tried costs one read.
    private const int MaxNeighbours = 16;

    // The last record for which a read succeeded.
    private Incoming? _good;

    // Records of the last batch whose read failed.
    private IReadOnlyList<Incoming> _neighbours = [];

    /// <summary>Reads the hot state for a batch.</summary>
    /// <exception cref="UnreadableHotStateException">The read fails for other records too.</exception>
    public async Task<TView> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        try
        {
            var view = await processor.PrepareAsync(batch, stopping);
            _good = batch[^1];
            return view;
        }
        catch (Exception e) when (IsUnexplained(e))
        {
            // The loop halves a failing batch until one record is left. Keep neighbours of the whole batch, because the last half may consist of bad records
            // only.
            if (batch.Count > 1 && !_neighbours.Any(known => IsSame(known, batch[0]))) _neighbours = [.. batch.Take(MaxNeighbours)];
            if (batch.Count == 1 && !await CanReadForOthersAsync(batch[0], stopping))
                throw new UnreadableHotStateException($"it answers, but cannot be read for any record: {e.GetType().Name}: {e.Message}", e);
            throw;
        }
    }

    // Also true if there is no other record to compare with.
    private async Task<bool> CanReadForOthersAsync(Incoming failed, CancellationToken stopping)
    {
        IEnumerable<Incoming> candidates = _good is { } good && isOwned(Partition(good)) ? [good] : _neighbours;
        var others = candidates.Where(other => isOwned(Partition(other)) && !IsSame(other, failed)).ToList();
        foreach (var other in others)
        {
            try
            {
                await processor.PrepareAsync([other], stopping);
                return true;
            }
            catch (Exception e) when (IsUnexplained(e))
            {
                // As inconclusive as the first failure.
            }
        }
        return others.Count == 0;
    }

    private bool IsUnexplained(Exception e) => Faults.AreCausedByRecord(e) && !processor.IsOutage(e);

    private static bool IsSame(Incoming a, Incoming b) => a.Position.offset == b.Position.offset && Partition(a) == Partition(b);

    private static TopicPartition Partition(Incoming record) => new(record.Position.topic, record.Position.partition);
}
