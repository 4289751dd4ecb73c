using System.Threading.Channels;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Ingestion.Appending;

/// <summary>The one producer of the process. Whether Kafka can be reached is found out by <see cref="EventProducerWatch"/>.</summary>
public sealed partial class EventProducer : IDisposable
{
    /// <summary>The topics that it writes to.</summary>
    public static readonly IReadOnlyList<Topic> Written = [Topics.EventsCollected, Topics.EventsQuarantined];

    private readonly Dictionary<string, TopicPartition> _topics;
    private readonly AvroCodec _codec;
    private readonly Failure _failure;
    private readonly ILogger<EventProducer> _logger;
    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly IAdminClient _admin;
    private readonly Channel<Error> _doubts = Channel.CreateBounded<Error>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile bool _isUp;

    public EventProducer(IngestionOptions options, AvroCodec codec, Failure failure, ILogger<EventProducer> logger)
    {
        (_codec, _failure, _logger) = (codec, failure, logger);
        _topics = Written.ToDictionary(topic => topic.Name, topic => new TopicPartition(options.Kafka.TopicPrefix + topic.Name, Partition.Any));
        _producer = new ProducerBuilder<byte[]?, byte[]>(Config(options.Kafka)).SetErrorHandler((_, error) => Doubt(error)).SetLogHandler((_, message) => LogClient(message.Message)).Build();
        _admin = new DependentAdminClientBuilder(_producer.Handle).Build();
    }

    /// <summary>False: nothing would be acknowledged, so that it is not worth the sender's waiting.</summary>
    public bool IsUp { get => _isUp; set => _isUp = value; }

    /// <summary>What gave reason to doubt that Kafka can be reached.</summary>
    public ChannelReader<Error> Doubts => _doubts.Reader;

    /// <summary>Counts the acknowledgements of one request's records.</summary>
    public Acknowledgement Begin() => new(Doubt);

    /// <summary>Hands a record to the producer. False: its queue is full, or it takes nothing.</summary>
    public bool TryAppend(Topic topic, string? key, ISpecificRecord record, Headers headers, Acknowledgement acknowledgement) =>
        TryAppend(topic, Keys.Bytes(key), _codec.Encode(topic, record), headers, acknowledgement);

    /// <summary>The same for a record that is written already.</summary>
    /// <param name="key">As UTF-8; empty: none.</param>
    public bool TryAppend<TRecord>(Topic topic, ReadOnlySpan<byte> key, AvroWriter record, Headers headers, Acknowledgement acknowledgement)
        where TRecord : ISpecificRecord =>
        TryAppend(topic, key.IsEmpty ? null : key.ToArray(), _codec.Frame<TRecord>(topic, record.Written), headers, acknowledgement);

    private bool TryAppend(Topic topic, byte[]? key, byte[] value, Headers headers, Acknowledgement acknowledgement)
    {
        acknowledgement.Expect();
        try
        {
            _producer.Produce(_topics[topic.Name], acknowledgement.Message(key, value, headers), acknowledgement.Handler);
            return true;
        }
        catch (ProduceException<byte[]?, byte[]> e)
        {
            acknowledgement.Answer(e.Error);
            return false;
        }
    }

    /// <summary>Asks Kafka for something that any broker can answer.</summary>
    /// <exception cref="KafkaException">None answered.</exception>
    public void Probe() => _admin.GetMetadata(TimeSpan.FromSeconds(2));

    public void Dispose()
    {
        _admin.Dispose();
        _producer.Flush(TimeSpan.FromSeconds(10));
        _producer.Dispose();
    }

    private static ProducerConfig Config(KafkaOptions kafka)
    {
        var config = kafka.Producer();
        // A request waits no longer than this. What arrives after all is a duplicate of the sender's retry, and is found to be one by its messageId.
        config.MessageTimeoutMs = 10_000;
        config.QueueBufferingMaxMessages = 100_000;
        config.QueueBufferingMaxKbytes = 64 * 1024;
        // What comes while five requests are under way waits for one of them, and that alone makes batches; a sender waits for nothing else.
        config.LingerMs = 0;
        config.DeliveryReportFields = "status";
        return config;
    }

    private void Doubt(Error error)
    {
        if (error.IsFatal) _failure.Report("the producer", new KafkaException(error));
        else if (error.Code is ErrorCode.Local_AllBrokersDown or ErrorCode.Local_MsgTimedOut || !error.IsLocalError) _doubts.Writer.TryWrite(error);
    }

    [LoggerMessage(LogLevel.Debug, "{Message}")]
    private partial void LogClient(string message);
}
