using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Partitioner = Cdp.Contracts.Partitioner;

namespace Cdp.Ingestion.Importing.Checkpoints;

/// <summary>
/// Writes the records of one upload to Kafka in transactions. Each upload has its own producer whose transactional id is derived from the file, so a newer
/// upload of the same file fences an older one on any instance, and imports do not share the producer queue of SDK events. A transaction is open only while a
/// batch is written, because readers of committed records wait for its end on every partition it touches.
/// </summary>
public sealed partial class ImportLog : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Call = TimeSpan.FromSeconds(10);

    private readonly KafkaOptions _kafka;
    private readonly AvroCodec _codec;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _maxWait;
    private readonly (string Source, string File, string Upload) _of;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Headers _headers;
    private IProducer<byte[]?, byte[]>? _producer;

    public ImportLog(
        KafkaOptions kafka,
        TimeSpan maxWait,
        AvroCodec codec,
        string sourceId,
        string fileId,
        IReadOnlyDictionary<string, string> settings,
        Headers headers,
        TimeProvider time,
        ILogger logger)
    {
        (_kafka, _maxWait, _codec, _time, _logger, _headers) = (kafka, maxWait, codec, time, logger, headers);
        (_of, _settings) = ((sourceId, fileId, Guid.NewGuid().ToString("N")), settings);
    }

    /// <summary>Fences other uploads of the file and reads the file's checkpoint.</summary>
    /// <returns>The checkpoint to continue from; or why the upload is refused, if Kafka is unavailable or an earlier upload had other settings.</returns>
    public async Task<(Checkpoint? Checkpoint, Rejection? Refused)> OpenAsync(CancellationToken cancel)
    {
        Checkpoint? opened = null;
        var refused = await RetryUntilAvailableAsync(async () =>
        {
            await ConnectAsync(cancel);
            (opened, var differences) = Checkpoint.Continue(await ReadAsync(cancel), _of.Upload, _settings);
            // The stored checkpoint is left alone, so that an upload with the original settings that is in progress can reconnect and continue.
            if (differences.Count > 0) return ImportRejections.OtherSettings(_of.File, differences);
            await Task.Run(() => Transact([], opened), CancellationToken.None);
            return null;
        }, cancel);
        return (refused is null ? opened : null, refused);
    }

    /// <summary>Writes records and the checkpoint after them in one transaction.</summary>
    /// <returns>Why it was given up; null once the transaction is committed.</returns>
    public Task<Rejection?> CommitAsync(IReadOnlyList<EncodedRecord> records, Checkpoint after, CancellationToken cancel)
    {
        return RetryUntilAvailableAsync(async () =>
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
    }

    public async ValueTask DisposeAsync() => await DisconnectAsync();

    // After a failure it may be unknown whether the transaction was committed. Reconnecting ends that transaction; then the stored checkpoint shows the
    // outcome.
    private async Task<Rejection?> RetryUntilAvailableAsync(Func<Task<Rejection?>> attempt, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception e) when (Outages.IsUnavailable(e, cancel))
            {
                await DisconnectAsync();
                if (Stopwatch.GetElapsedTime(begun) > _maxWait)
                {
                    LogGivenUp(_of.Source, e.Message);
                    return ImportRejections.Away;
                }
            }
            await Task.Delay(Pause, _time, cancel);
        }
    }

    // The Kafka client's calls block, so they run on the thread pool.
    private Task ConnectAsync(CancellationToken cancel) => Task.Run(
        () =>
        {
            _producer = new ProducerBuilder<byte[]?, byte[]>(Config())
                .SetErrorHandler((_, error) => LogClient(error.Reason))
                .SetLogHandler((_, message) => LogClient(message.Message))
                .Build();
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
        bounded.CancelAfter(_maxWait);
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

    private void Transact(IReadOnlyList<EncodedRecord> records, Checkpoint after)
    {
        var producer = _producer!;
        producer.BeginTransaction();
        foreach (var record in records) Produce(producer, record.Topic, record.Key, record.Value);
        var checkpoint = _codec.Encode(Topics.ImportsCheckpoints, after.Record(_of.Source, _of.File, _time.GetUtcNow().UtcDateTime));
        Produce(producer, _kafka.NameOf(Topics.ImportsCheckpoints), RecordKeys.Bytes(Key()), checkpoint);
        producer.CommitTransaction(2 * Call);
    }

    private void Produce(IProducer<byte[]?, byte[]> producer, string topic, byte[]? key, byte[] value)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                // No delivery handler is needed: if any record fails, the commit of the transaction fails.
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
        var config = _kafka.Producer(producer =>
        {
            // The longest time that readers of committed records wait after a process was killed in the middle of a transaction.
            producer.TransactionTimeoutMs = 15_000;
            producer.MessageTimeoutMs = 10_000;
            producer.QueueBufferingMaxMessages = 100_000;
            producer.QueueBufferingMaxKbytes = 32 * 1024;
        });
        config.TransactionalId = $"{_kafka.TopicPrefix}import-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key())))[..32]}";
        config.EnableDeliveryReports = false;
        return config;
    }

    [LoggerMessage(LogLevel.Debug, "{Message}")]
    private partial void LogClient(string message);

    [LoggerMessage(LogLevel.Warning, "an import of source {Source} was aborted because Kafka is unavailable: {Reason}")]
    private partial void LogGivenUp(string source, string reason);
}
