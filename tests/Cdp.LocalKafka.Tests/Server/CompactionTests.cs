using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>A broker that compacts topics on the test's clock, seen through Kafka's clients.</summary>
[Trait("tier", "integration")]
public sealed class CompactionTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private LocalKafkaBroker? _broker;

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Consume_AfterACompaction_SeesTheLastOfEachKeyAtItsOffset(bool killed)
    {
        await Start(("delete.retention.ms", "60000"));
        using (var producer = Client.Producer(_broker!.BootstrapServers, config => config.EnableIdempotence = true))
        {
            foreach (var (key, value) in ((string, string?)[])[("a", "1"), ("b", "1"), ("a", "2"), ("gone", "1"), ("gone", null), ("b", "2"), ("end", "0")])
                await Send(producer, key, value);
        }
        Assert.Equal("0:a=1 1:b=1 2:a=2 3:gone=1 4:gone= 5:b=2 6:end=0", Read());

        _time.Advance(Interval);
        Assert.Equal("2:a=2 4:gone= 5:b=2 6:end=0", Read());
        if (killed) _broker!.Kill();
        else await _broker!.DisposeAsync();
        await Start();
        Assert.Equal("2:a=2 4:gone= 5:b=2 6:end=0", Read());

        _time.Advance(TimeSpan.FromMinutes(1));
        using (var producer = Client.Producer(_broker!.BootstrapServers)) await Send(producer, "end", "1");
        _time.Advance(Interval);
        Assert.Equal("2:a=2 5:b=2 6:end=0 7:end=1", Read());
    }

    [Fact]
    public async Task Consume_ReadCommitted_NeverSeesAnAbortedRecord()
    {
        await Start();
        var bootstrap = _broker!.BootstrapServers;
        using (var producer = Client.Transactional(bootstrap, "x"))
        {
            for (var i = 0; i < 12; i++)
            {
                producer.BeginTransaction();
                await Send(producer, "a", $"{i}");
                await Send(producer, "b", $"{i}");
                if (i % 2 == 0) producer.CommitTransaction(Client.Limit);
                else producer.AbortTransaction(Client.Limit);
                if (i % 4 == 3) _time.Advance(Interval);
            }
        }
        using (var plain = Client.Producer(bootstrap)) await Send(plain, "end", "0");
        _time.Advance(Interval);
        Assert.EndsWith("a=10 31:b=10 36:end=0", Read(), StringComparison.Ordinal);

        _broker.Kill();
        await Start();
        Assert.EndsWith("a=10 31:b=10 36:end=0", Read(), StringComparison.Ordinal);
        using var again = Client.Transactional(_broker!.BootstrapServers, "x");
        again.BeginTransaction();
        await Send(again, "a", "last");
        again.CommitTransaction(Client.Limit);
        Assert.EndsWith(":a=last", Read(), StringComparison.Ordinal);
    }

    // Each record is its own segment: the records are 10 ms apart, and segment.ms is shorter.
    private Task Send(IProducer<string?, string?> producer, string key, string? value)
    {
        _time.Advance(TimeSpan.FromMilliseconds(10));
        return producer.Send("t", new Message<string?, string?> { Key = key, Value = value, Timestamp = new Timestamp(_time.GetUtcNow().UtcDateTime) });
    }

    // The clock stands still, so a long poll would never end.
    private string Read()
    {
        using var consumer = Client.Consumer(_broker!.BootstrapServers, "g", configure: config => config.FetchWaitMaxMs = 0);
        consumer.Assign(new TopicPartitionOffset("t", 0, Offset.Beginning));
        var read = new List<string>();
        while (true)
        {
            var result = consumer.Consume(Client.Limit) ?? throw new TimeoutException($"nothing after {read.Count} records");
            if (result.IsPartitionEOF) return string.Join(' ', read);
            read.Add($"{result.Offset.Value}:{result.Message.Key}={result.Message.Value}");
        }
    }

    private async Task Start(params (string Name, string Value)[] configs)
    {
        var isFirst = _broker is null;
        _broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.Path, TimeProvider = _time, LogCleanupInterval = Interval });
        using var admin = Client.Admin(_broker.BootstrapServers);
        if (isFirst)
            await Client.CreateTopic(admin, "t", 1, [("cleanup.policy", "compact"), ("segment.ms", "1"), ("min.cleanable.dirty.ratio", "0"), .. configs]);
    }
}
