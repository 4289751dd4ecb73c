using System.Threading.Channels;
using Cdp.Hosting;
using Cdp.Ingestion.Importing.Ledger;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Importing;

/// <summary>
/// Carries a file from its reader into the log: read a batch, judge its rows, commit them with the checkpoint behind them. While one batch is being
/// committed the next is read, and no more: when Kafka is slow the reader waits, and with it the sender.
/// </summary>
public sealed class ImportRun(IRowReader reader, RowJudge judge, ImportLog log, LiveFiles<Suppressions> suppressions, ImportReport report, string sourceId, TimeProvider time)
{
    private readonly Channel<Judged> _judged = Channel.CreateBounded<Judged>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });

    /// <returns>Why it ended before the file did; null once the whole file is in the log.</returns>
    public async Task<Rejection?> RunAsync(CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = Task.Run(() => ReadAsync(end.Token), CancellationToken.None);
        Rejection? refused;
        try
        {
            refused = await CommitAsync(cancel);
        }
        finally
        {
            // The reader may wait for room that nobody makes any more.
            await end.CancelAsync();
            await Task.WhenAny(reading);
        }
        return refused ?? await reading;
    }

    private async Task<Rejection?> ReadAsync(CancellationToken cancel)
    {
        var reached = report.Reached;
        try
        {
            while (true)
            {
                using var batch = new RowBatch();
                await reader.ReadAsync(batch, cancel);
                var judged = judge.Judge(batch, time.GetUtcNow().UtcDateTime, suppressions.Current);
                reached = reached.Plus(judged.Tally, batch.End, batch.IsLast);
                await _judged.Writer.WriteAsync(new Judged(judged, reached), cancel);
                if (batch.IsLast) return null;
            }
        }
        catch (BrokenFileException e)
        {
            return e.Reason;
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && cancel.IsCancellationRequested))
        {
            // The sender went away, or the caller knows why it cancelled.
            return ImportRejections.Broken;
        }
        finally
        {
            _judged.Writer.Complete();
        }
    }

    private async Task<Rejection?> CommitAsync(CancellationToken cancel)
    {
        await foreach (var (batch, after) in _judged.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                if (await log.CommitAsync(batch.Records, after, cancel) is { } refused) return refused;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // Kafka is away, and nobody waits for it any more.
                return ImportRejections.Away;
            }
            report.Add(batch, after);
            var verdicts = new Verdicts { Accepted = (int)batch.Tally.Events, Suppressed = (int)batch.Tally.Suppressed, ClocksBounded = batch.ClocksBounded };
            foreach (var fault in batch.Faults) verdicts.Rejected.Add((0, fault.Rejection));
            IngestionMetrics.CountEvents(sourceId, verdicts);
        }
        return null;
    }

    private sealed record Judged(JudgedBatch Batch, Checkpoint After);
}
