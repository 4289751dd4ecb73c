using System.Threading.Channels;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Importing.Checkpoints;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Importing;

/// <summary>
/// Imports a file: read a batch of rows, convert them to records, commit these together with a checkpoint. While one batch is being committed the next is read,
/// but no more, so a slow Kafka slows down the reader and the sender.
/// </summary>
public sealed class ImportRun(
    IRowReader reader,
    RowConverter converter,
    ImportLog log,
    LiveFiles<Suppressions> suppressions,
    ImportReport report,
    string sourceId,
    TimeProvider time)
{
    private readonly Channel<Step> _steps = Channel.CreateBounded<Step>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });

    /// <returns>Why the import was aborted; null if the whole file was imported.</returns>
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
            // The reader may be waiting for room in the channel, from which nothing is read any more.
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
                foreach (var converted in converter.ConvertBatch(batch, time.GetUtcNow().UtcDateTime, suppressions.Current))
                {
                    reached = reached.Plus(converted.Tally, converted.End, converted.IsLast);
                    await _steps.Writer.WriteAsync(new Step(converted, reached), cancel);
                }
                if (batch.IsLast) return null;
            }
        }
        catch (BrokenFileException e)
        {
            return e.Reason;
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && cancel.IsCancellationRequested))
        {
            // The sender disconnected, or the caller cancelled and knows why.
            return ImportRejections.Broken;
        }
        finally
        {
            _steps.Writer.Complete();
        }
    }

    private async Task<Rejection?> CommitAsync(CancellationToken cancel)
    {
        await foreach (var (batch, after) in _steps.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                if (await log.CommitAsync(batch.Records, after, cancel) is { } refused) return refused;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // Kafka is unavailable, and the sender has disconnected or the service is stopping.
                return ImportRejections.Away;
            }
            report.Add(batch, after);
            var verdicts = new Verdicts { Accepted = (int)batch.Tally.Events, Suppressed = (int)batch.Tally.Suppressed };
            foreach (var fault in batch.Faults) verdicts.Rejected.Add((0, fault.Rejection));
            IngestionMetrics.CountEvents(sourceId, verdicts);
        }
        return null;
    }

    private sealed record Step(ConvertedBatch Batch, Checkpoint After);
}
