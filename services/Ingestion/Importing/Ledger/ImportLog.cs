using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Cdp.Streaming;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Partitioner = Cdp.Contracts.Partitioner;

namespace Cdp.Ingestion.Importing.Ledger;

/// <summary>
/// The log as one upload of one file writes it: in transactions of a producer of its own, whose transactional id is the file's. So an older upload of
/// the same file, wherever it runs, is fenced when a newer one begins, and the queue of the SDKs' events is not shared. A transaction is open only
/// while its batch is written, since readers of committed records wait for its end on every partition that it touches.
/// </summary>
public sealed partial class ImportLog : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Call = TimeSpan.FromSeconds(10);

    private readonly KafkaOptions _kafka;
    private readonly AvroCodec _codec;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _patience;
    private readonly (string Source, string File, string Format, string Upload) _of;
    private readonly Headers _headers;
    private IProducer<byte[]?, byte[]>? _producer;

    public ImportLog(IngestionOptions options, AvroCodec codec, string sourceId, ImportRequest request, Headers headers, TimeProvider time, ILogger logger)
    {
        (_kafka, _codec, _time, _logger, _headers) = (options.Kafka, codec, time, logger, headers);
        _patience = TimeSpan.FromSeconds(options.Imports.PatienceSeconds);
        _of = (sourceId, request.FileId, request.FormatName, Guid.NewGuid().ToString("N"));
    }

    /// <summary>Fences whoever else writes the file, and finds how far it is.</summary>
    /// <returns>Where to go on, or why that could not be found out.</returns>
    public async Task<(Checkpoint? Checkpoint, Rejection? Refused)> OpenAsync(CancellationToken cancel)
    {
        Checkpoint? opened = null;
        var refused = await PersistAsync(async () =>
        {
            await ConnectAsync(cancel);
            // An upload of which nothing is in the log says nothing of the file, its format included.
            opened = await ReadAsync(cancel) is { IsBeginning: false } reached ? reached with { Upload = _of.Upload } : Checkpoint.Begin(_of.Upload, _of.Format);
            await Task.Run(() => Transact([], opened), CancellationToken.None);
            return null;
        }, cancel);
        return (refused is null ? opened : null, refused);
    }

    /// <summary>Writes records together with the checkpoint behind them, all or none.</summary>
    /// <returns>Why that was given up; null once it is in the log.</returns>
    public Task<Rejection?> CommitAsync(IReadOnlyList<Encoded> records, Checkpoint after, CancellationToken cancel) => PersistAsync(async () =>
    {
        if (_producer is null)
        {
            await ConnectAsync(cancel);
            switch (Checkpoint.Resume(after, await ReadAsync(cancel)))
            {
                case Resumption.Committed: return null;
                case Resumption.TakenOver: return ImportRejections.TakenOver;
            }
        }
        await Task.Run(() => Transact(records, after), CancellationToken.None);
        return null;
    }, cancel);

    public async ValueTask DisposeAsync() => await DisconnectAsync();

    // Whatever failed, its outcome may be unknown: a new connection ends what the old one left open, and then the ledger tells.
    private async Task<Rejection?> PersistAsync(Func<Task<Rejection?>> attempt, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception e) when (IsOutage(e, cancel))
            {
                await DisconnectAsync();
                if (Stopwatch.GetElapsedTime(begun) > _patience)
                {
                    LogGivenUp(_of.Source, e.Message);
                    return ImportRejections.Away;
                }
            }
            await Task.Delay(Pause, _time, cancel);
        }
    }

    // The client's calls block, so they go to the pool.
    private Task ConnectAsync(CancellationToken cancel) => Task.Run(
        () =>
        {
            _producer = new ProducerBuilder<byte[]?, byte[]>(Config()).SetErrorHandler((_, error) => LogClient(error.Reason)).SetLogHandler((_, message) => LogClient(message.Message)).Build();
            _producer.InitTransactions(Call);
        },
        cancel);

    private Task DisconnectAsync()
    {
        var producer = _producer;
        _producer = null;
        return Task.Run(() => producer?.Dispose());
    }

    private async Task<Checkpoint?> ReadAsync(CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(_patience);
        ImportCheckpoint? found = null;
        var key = Key();
        await Changelog.ReadAsync(_kafka, _codec, Topics.ImportsCheckpoints, Partitioner.Partition(key, _kafka.Partitions), 0, changes =>
        {
            foreach (var change in changes)
            {
                if (change.Key == key) found = (ImportCheckpoint?)change.Value;
            }
            return Task.CompletedTask;
        }, bounded.Token);
        return found is null ? null : Checkpoint.Read(found);
    }

    private void Transact(IReadOnlyList<Encoded> records, Checkpoint after)
    {
        var producer = _producer!;
        producer.BeginTransaction();
        foreach (var record in records) Produce(producer, record.Topic, record.Key, record.Value);
        var checkpoint = _codec.Encode(Topics.ImportsCheckpoints, after.Record(_of.Source, _of.File, _time.GetUtcNow().UtcDateTime));
        Produce(producer, _kafka.TopicPrefix + Topics.ImportsCheckpoints.Name, Keys.Bytes(Key()), checkpoint);
        producer.CommitTransaction(2 * Call);
    }

    private void Produce(IProducer<byte[]?, byte[]> producer, string topic, byte[]? key, byte[] value)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                // Without a handler: what becomes of each record is what becomes of the transaction.
                producer.Produce(topic, new Message<byte[]?, byte[]> { Key = key, Value = value, Headers = _headers });
                return;
            }
            catch (ProduceException<byte[]?, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull && Stopwatch.GetElapsedTime(begun) < Call)
            {
                Thread.Sleep(5);
            }
        }
    }

    private string Key() => $"{_of.Source}/{_of.File}";

    private ProducerConfig Config()
    {
        var config = _kafka.Producer();
        config.TransactionalId = $"{_kafka.TopicPrefix}import-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key())))[..32]}";
        // So long a process that was killed while it wrote keeps readers of committed records waiting.
        config.TransactionTimeoutMs = 15_000;
        config.MessageTimeoutMs = 10_000;
        config.EnableDeliveryReports = false;
        config.QueueBufferingMaxMessages = 100_000;
        config.QueueBufferingMaxKbytes = 32 * 1024;
        return config;
    }

    private static bool IsOutage(Exception exception, CancellationToken cancel) => exception switch
    {
        SchemaRegistryException registry => (int)registry.Status >= 500,
        KafkaException or HttpRequestException => true,
        OperationCanceledException => !cancel.IsCancellationRequested,
        _ => false,
    };

    [LoggerMessage(LogLevel.Debug, "{Message}")]
    private partial void LogClient(string message);

    [LoggerMessage(LogLevel.Warning, "an import of the source {Source} was broken off, since Kafka did not take it: {Reason}")]
    private partial void LogGivenUp(string source, string reason);
}
