using System.Globalization;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Protocol.Topics;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;
using Cdp.LocalKafka.Transactions;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Fuzz;

/// <summary>
/// Millions of damaged requests: each is answered or refused as malformed, in bounded time and memory, and the broker keeps serving.
/// <c>CDP_FUZZ_RUNS</c> sets how many are parsed. A twentieth of that number is also handled, and a five-hundredth sent through a socket.
/// </summary>
[Trait("tier", "integration")]
public sealed class FuzzTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Parts = 4;

    // A structure of three bytes on the wire takes about forty times as much memory once decoded; the cost of an exception is constant.
    private const int MemoryPerByte = 64;
    private const int MemoryPerFrame = 64 * 1024;

    // Some responses list all topics and configs there are, however short the request is.
    private const int MemoryPerAnswer = 1 << 20;

    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("CDP_FUZZ_RUNS") ?? "1000000", CultureInfo.InvariantCulture);

    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private readonly LogLines _log = new();
    private LocalKafkaBroker _broker = null!;
    private Dictionary<ApiKey, Api> _apis = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await Start();
        _apis = _broker.Dispatcher.Apis.ToDictionary(api => api.Key);
        using var admin = Client.Admin(_broker.BootstrapServers);
        await Client.CreateTopic(admin, Seeds.Topic, 2);
    }

    private Task<LocalKafkaBroker> Start() =>
        LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path, TimeProvider = _time }, _log);

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Seeds_EveryApi_HasARequest() =>
        Assert.Equal(_apis.Keys.Order(), Seeds.Requests.Keys.Order());

    [Fact]
    public async Task Seeds_EveryVersion_IsHandled()
    {
        foreach (var frame in Seeds.Frames(_apis.Values))
        {
            var header = Header(frame);
            Assert.True(await Handle(frame), $"{header.Key} v{header.Version}");
        }
    }

    [Fact]
    public void Parse_DamagedRequest_IsReadOrRefusedInBoundedMemory()
    {
        var refused = 0;
        Parallel.For(0, Parts, part =>
        {
            var mutator = new Mutator(part, Seeds.Frames(_apis.Values));
            for (var i = 0; i < Runs / Parts; i++)
            {
                var frame = mutator.Next();
                var before = GC.GetAllocatedBytesForCurrentThread();
                var read = Parses(frame);
                var taken = GC.GetAllocatedBytesForCurrentThread() - before;
                if (taken > MemoryPerByte * frame.Length + MemoryPerFrame)
                    Assert.Fail($"{taken} bytes for a frame of {frame.Length}: {Convert.ToHexString(frame)}");
                if (!read) Interlocked.Increment(ref refused);
            }
        });
        output.WriteLine($"{Runs} damaged requests parsed, {refused} refused");
        Assert.InRange(refused, Runs / 10, Runs * 9 / 10);
    }

    [Fact]
    public async Task Handle_DamagedRequests_BrokerStillServesAndRestarts()
    {
        var mutator = new Mutator(1, Seeds.Frames(_apis.Values));
        var (runs, answered) = (Runs / 20, 0);
        for (var i = 0; i < runs; i++)
        {
            var frame = mutator.OneIn(4) ? DamagedBatch(mutator) : mutator.Next();
            if (MakesManyPartitions(frame)) continue;
            if (await Handle(frame)) answered++;
        }
        output.WriteLine($"{runs} damaged requests handled, {answered} answered");

        Assert.InRange(answered, runs / 10, runs * 9 / 10);
        await ServesOn("after");
        _broker.Kill();
        _broker = await Start();
        await ServesOn("again");
    }

    [Fact]
    public async Task Socket_DamagedRequests_AtMostCloseTheirConnection()
    {
        var mutator = new Mutator(2, Seeds.Frames(_apis.Values));
        for (var i = 0; i < Runs / 500; i++)
        {
            var frame = mutator.Next();
            if (MakesManyPartitions(frame)) continue;
            using var client = new RawClient(_broker.Port);
            if (mutator.OneIn(4)) await client.Send(mutator.Damaged([0, 0, 0, (byte)frame.Length, .. frame], 0));
            else await client.SendFrame(frame);
        }
        await ServesOn("after");
        Assert.DoesNotContain(_log.Lines, line => line.Contains("a request failed", StringComparison.Ordinal));
    }

    /// <summary>Reads back the broker's own topics when the disk returns other bytes than were written.</summary>
    [Fact]
    public void ReadRecords_DamagedBytes_AreReadOrRefused()
    {
        var offset = new CommittedOffset(5, 0, "metadata", 1000, null, 7);
        var transaction = new Transaction("x", 1, 2, 60_000) { Partitions = [new("t", 0), new("t", 1)], PreviousProducerId = 3 };
        List<byte[]> seeds =
        [
            OffsetRecords.Key("g", new("t", 1)), OffsetRecords.Value(offset), TransactionRecords.Key("x"), TransactionRecords.Value(transaction),
        ];
        var (mutator, refused) = (new Mutator(3, seeds), 0);
        for (var i = 0; i < Runs / 10; i++)
        {
            var bytes = mutator.Damaged(mutator.Any(seeds), 0);
            foreach (var read in (Action[])[
                () => OffsetRecords.TryReadKey(bytes, out _, out _), () => OffsetRecords.ReadValue(bytes, 0),
                () => TransactionRecords.TryReadKey(bytes, out _), () => TransactionRecords.ReadValue("x", bytes)])
            {
                try
                {
                    read();
                }
                catch (ProtocolException)
                {
                    refused++;
                }
            }
        }
        Assert.InRange(refused, Runs / 100, Runs);
    }

    private static RequestHeader Header(byte[] frame)
    {
        ReadOnlyMemory<byte> rest = frame;
        return RequestHeader.Read(ref rest);
    }

    private bool Parses(byte[] frame)
    {
        try
        {
            return Parse(frame) is not null;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    private IWireFields? Parse(byte[] frame)
    {
        ReadOnlyMemory<byte> rest = frame;
        var header = RequestHeader.Read(ref rest);
        if (!_apis.TryGetValue(header.Key, out var api) || header.Version < api.Min || header.Version > api.Max) return null;
        var body = new WireReader(rest, header.Version, api.IsFlexible(header.Version));
        body.Tags();
        return api.Read(body);
    }

    /// <summary>Whether the request is answered rather than refused. A request that waits is given a second, then its connection is closed.</summary>
    private async Task<bool> Handle(byte[] frame)
    {
        using var closed = new CancellationTokenSource();
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var answer = _broker.Dispatcher.Answer(frame, "/127.0.0.1", "fuzz", closed.Token);
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            if (taken > MemoryPerByte * frame.Length + MemoryPerAnswer) Assert.Fail($"{taken} bytes for a frame of {frame.Length}");
            if (!answer.IsCompleted)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await closed.CancelAsync();
            }
            await answer.WaitAsync(Client.Limit, TestContext.Current.CancellationToken);
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{Header(frame)}: {Convert.ToHexString(frame)}", e);
        }
    }

    /// <summary>A batch that is damaged and then gets a correct checksum, so that the code after the checksum test is reached.</summary>
    private byte[] DamagedBatch(Mutator mutator)
    {
        var batch = mutator.Damaged(
            mutator.OneIn(2) ? SampleBatches.Plain(count: 5) : SampleBatches.Of(7, 0, 0, count: 5), mutator.OneIn(4) ? 0 : BatchHeader.AttributesAt);
        if (batch.Length > BatchHeader.Size)
        {
            if (!mutator.OneIn(4)) System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthPrefix);
            SampleBatches.WithChecksum(batch);
        }
        var produce = _apis[ApiKey.Produce];
        return Seeds.Frame(produce, (short)(produce.Max - (mutator.OneIn(2) ? 5 : 0)), Seeds.Produce(batch));
    }

    // A request may ask for thousands of partitions; creating them would cost the test too much time and too many file handles.
    private bool MakesManyPartitions(byte[] frame)
    {
        try
        {
            return Parse(frame) switch
            {
                CreateTopicsRequest create => (create.Topics ?? []).Sum(topic => Math.Max(0L, topic.NumPartitions) + (topic.Assignments?.Count ?? 0)) > 20,
                CreatePartitionsRequest grow => (grow.Topics ?? []).Exists(topic => topic.Count > 20),
                _ => false,
            };
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    private async Task ServesOn(string topic)
    {
        using var admin = Client.Admin(_broker.BootstrapServers);
        await Client.CreateTopic(admin, topic, 1);
        using var producer = Client.Producer(_broker.BootstrapServers);
        var message = Client.Message("fine");
        message.Timestamp = new Timestamp(_time.GetUtcNow().UtcDateTime); // the broker's clock stands still; later timestamps would be refused
        await producer.Send(topic, message);
        using var consumer = Client.Consumer(_broker.BootstrapServers, topic);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        Assert.Equal("fine", consumer.Consume(Client.Limit).Message.Value);
    }
}
