using System.Threading.Channels;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Ingestion.Producing;

/// <summary>The producer that all requests share. <see cref="EventProducerWatch"/> determines whether Kafka is available.</summary>
public sealed partial class EventProducer : IDisposable
{
    /// <summary>The topics that it produces to.</summary>
    public static readonly IReadOnlyList<Topic> Written = [Topics.EventsCollected, Topics.EventsQuarantined];

    private readonly Dictionary<string, TopicPartition> _topics;
    private readonly AvroCodec _codec;
    private readonly Failure _failure;
    private readonly ILogger<EventProducer> _logger;
    private readonly IProducer<byte[]?, byte[]> _producer;
    private readonly IAdminClient _admin;
    private readonly ClientCalls _calls = new();
    private readonly Channel<Error> _doubts = Channel.CreateBounded<Error>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile bool _isUp;

    public EventProducer(KafkaOptions kafka, AvroCodec codec, Failure failure, ILogger<EventProducer> logger)
    {
        (_codec, _failure, _logger) = (codec, failure, logger);
        _topics = Written.ToDictionary(topic => topic.Name, topic => new TopicPartition(kafka.TopicPrefix + topic.Name, Partition.Any));
        _producer = new ProducerBuilder<byte[]?, byte[]>(Config(kafka))
            .SetErrorHandler((_, error) => Doubt(error))
            .SetLogHandler((_, message) => LogClient(message.Message))
            .Build();
        _admin = new DependentAdminClientBuilder(_producer.Handle).Build();
    }

    /// <summary>False while Kafka is unavailable. Requests are then refused at once instead of waiting for an acknowledgement that would not come.</summary>
    public bool IsUp { get => _isUp; set => _isUp = value; }

    /// <summary>Errors that may mean that Kafka is unavailable.</summary>
    public ChannelReader<Error> Doubts => _doubts.Reader;

    /// <summary>Starts counting the acknowledgements of one request.</summary>
    public Acknowledgement Begin() => new(Doubt);

    /// <summary>Hands a record to the producer. False if the producer's queue is full or it accepts no records.</summary>
    public bool TryAppend(Topic topic, string? key, ISpecificRecord record, Headers headers, Acknowledgement acknowledgement) =>
        TryAppend(topic, RecordKeys.Bytes(key), _codec.Encode(topic, record), headers, acknowledgement);

    /// <summary>Hands a record that is already encoded to the producer. False if the producer's queue is full or it accepts no records.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="key">The key as UTF-8; empty for none.</param>
    /// <param name="record">The encoded record.</param>
    /// <param name="headers">The record headers.</param>
    /// <param name="acknowledgement">Counts the acknowledgements of the request.</param>
    public bool TryAppend<TRecord>(Topic topic, ReadOnlySpan<byte> key, AvroWriter record, Headers headers, Acknowledgement acknowledgement)
        where TRecord : ISpecificRecord =>
        TryAppend(topic, key.IsEmpty ? null : key.ToArray(), _codec.Frame<TRecord>(topic, record.Written), headers, acknowledgement);

    private bool TryAppend(Topic topic, byte[]? key, byte[] value, Headers headers, Acknowledgement acknowledgement)
    {
        _calls.Enter();
        acknowledgement.Expect();
        try
        {
            _producer.Produce(_topics[topic.Name], acknowledgement.Message(key, value, headers), acknowledgement.Handler);
            return true;
        }
        catch (ProduceException<byte[]?, byte[]> e)
        {
            acknowledgement.Complete(e.Error);
            return false;
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <summary>Sends a request that any broker can answer.</summary>
    /// <exception cref="KafkaException">No broker answered.</exception>
    public void Probe() => _calls.Make(() => _admin.GetMetadata(TimeSpan.FromSeconds(2)));

    public void Dispose()
    {
        _calls.Close();
        _admin.Dispose();
        _producer.Flush(TimeSpan.FromSeconds(10));
        _producer.Dispose();
    }

    private static ProducerConfig Config(KafkaOptions kafka)
    {
        var config = kafka.Producer(producer =>
        {
            // The longest wait of a request. If an event is written after that, it and the sender's retry are duplicates, and validation drops one of them by
            // its messageId.
            producer.MessageTimeoutMs = 10_000;
            producer.QueueBufferingMaxMessages = 100_000;
            producer.QueueBufferingMaxKbytes = 64 * 1024;
            // Records that arrive while five requests to the broker are in flight wait for one of them. Under load, this alone is enough to form batches.
            producer.LingerMs = 0;
        });
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
