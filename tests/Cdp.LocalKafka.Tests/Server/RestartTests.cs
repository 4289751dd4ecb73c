using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>Stopping, killing and restarting a broker on one data directory.</summary>
[Trait("tier", "integration")]
public sealed class RestartTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private LocalKafkaBroker? _broker;

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_SamePort_ClientsContinueAndNothingIsLost(bool killed)
    {
        var bootstrap = (_broker = await Start(Ports.Reusable())).BootstrapServers;
        using var admin = Client.Admin(bootstrap);
        await Client.CreateTopic(admin, "t", 1);
        using var producer = Client.Producer(bootstrap, config => config.EnableIdempotence = true);
        for (var i = 0; i < 20; i++) await producer.Send("t", Client.Message($"{i}"));
        using (var consumer = Client.Consumer(bootstrap, "g"))
        {
            consumer.Assign(new TopicPartition("t", 0));
            consumer.Commit([new TopicPartitionOffset("t", 0, 7)]);
        }

        await Restart(killed);
        for (var i = 20; i < 40; i++) await producer.Send("t", Client.Message($"{i}"));

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), Reading.Values(bootstrap, "t"));
        using var again = Client.Consumer(bootstrap, "g");
        Assert.Equal(7, again.Committed([new TopicPartition("t", 0)], Client.Limit)[0].Offset.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_ActiveConsumer_ContinuesWithoutARebalance(bool killed)
    {
        var bootstrap = (_broker = await Start(Ports.Reusable())).BootstrapServers;
        using var admin = Client.Admin(bootstrap);
        await Client.CreateTopic(admin, "t", 1);
        var rebalances = new Rebalances();
        using var consumer = Client.Consumer(
            bootstrap, "g", configure: config => (config.EnablePartitionEof, config.HeartbeatIntervalMs) = (false, 100), rebalances: rebalances);
        using var producer = Client.Producer(bootstrap);
        consumer.Subscribe("t");
        await producer.Send("t", Client.Message("before"));
        Assert.Equal("before", consumer.Consume(Client.Limit).Message.Value);
        var before = consumer.MemberId;

        await Restart(killed);
        await producer.Send("t", Client.Message("after"));
        var after = consumer.Consume(Client.Limit);
        Assert.Equal("after", after.Message.Value);
        consumer.Commit(after);

        Assert.Equal((before, 1), (consumer.MemberId, rebalances.Count)); // the one that assigned the partition
        Assert.Equal(2, consumer.Committed([new TopicPartition("t", 0)], Client.Limit)[0].Offset.Value);
    }

    [Fact]
    public async Task Start_LowerMinSessionTimeout_AcceptsShorterSessions()
    {
        _broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions
            {
                DataDirectory = _directory.Path,
                GroupMinSessionTimeout = TimeSpan.FromSeconds(1),
            }, cancel: TestContext.Current.CancellationToken);
        using var admin = Client.Admin(_broker.BootstrapServers);
        await Client.CreateTopic(admin, "t", 1);
        using var producer = Client.Producer(_broker.BootstrapServers);
        await producer.Send("t", Client.Message("v"));
        using var consumer = Client.Consumer(
            _broker.BootstrapServers, "g", configure: config => (config.SessionTimeoutMs, config.HeartbeatIntervalMs) = (1000, 100));
        consumer.Subscribe("t");
        Assert.Equal("v", consumer.Consume(Client.Limit).Message.Value);
    }

    [Fact]
    public async Task Kill_DuringATransaction_TransactionCanStillBeCommitted()
    {
        var bootstrap = (_broker = await Start(Ports.Reusable())).BootstrapServers;
        using var admin = Client.Admin(bootstrap);
        await Client.CreateTopic(admin, "t", 1);
        using var producer = Client.Transactional(bootstrap, "tx");
        producer.BeginTransaction();
        await producer.Send("t", Client.Message("before"));

        await Restart(killed: true);
        Assert.Empty(Reading.Values(bootstrap, "t"));
        await producer.Send("t", Client.Message("after"));
        producer.CommitTransaction(Client.Limit);
        Assert.Equal(["before", "after"], Reading.Values(bootstrap, "t"));
    }

    [Fact]
    public async Task Kill_BrokerAndProducer_SuccessorAbortsTheOpenTransaction()
    {
        var bootstrap = (_broker = await Start(Ports.Reusable())).BootstrapServers;
        using var admin = Client.Admin(bootstrap);
        await Client.CreateTopic(admin, "t", 1);
        using (var lost = Client.Transactional(bootstrap, "tx"))
        {
            lost.BeginTransaction();
            await lost.Send("t", Client.Message("lost"));
            await Restart(killed: true);
        }

        using var successor = Client.Transactional(bootstrap, "tx");
        successor.BeginTransaction();
        await successor.Send("t", Client.Message("kept"));
        successor.CommitTransaction(Client.Limit);
        Assert.Equal(["kept"], Reading.Values(bootstrap, "t"));
    }

    [Fact]
    public async Task Start_DirectoryInUse_FailsWithARemedy()
    {
        _broker = await Start();
        var refused = await Assert.ThrowsAsync<LocalKafkaStartException>(() => Start());
        Assert.Contains(_directory.Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("choose another directory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PortTaken_FailsWithARemedyAndReleasesTheDirectory()
    {
        var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var refused = await Assert.ThrowsAsync<LocalKafkaStartException>(() => Start(port));
        Assert.Contains($"127.0.0.1:{port}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("another port", refused.Message, StringComparison.Ordinal);

        taken.Stop();
        _broker = await Start(port);
        Assert.Equal(port, _broker.Port);
    }

    [Fact]
    public async Task Start_PortOfAnotherBroker_Fails()
    {
        using var elsewhere = new TempDirectory();
        _broker = await Start();
        await Assert.ThrowsAsync<LocalKafkaStartException>(() => LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = elsewhere.Path, Port = _broker.Port }, cancel: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Start_NewerFileFormat_FailsAndNamesTheFile()
    {
        var path = Path.Combine(_directory.Path, "topics.json");
        await File.WriteAllTextAsync(path, """{ "format": 99, "clusterId": "x", "topics": [] }""", TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<LocalKafkaStartException>(() => Start());
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("99", refused.Message, StringComparison.Ordinal);
    }

    private Task<LocalKafkaBroker> Start(int port = 0) =>
        LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path, Port = port }, cancel: TestContext.Current.CancellationToken);

    private async Task Restart(bool killed)
    {
        var port = _broker!.Port;
        if (killed) _broker.Kill();
        else await _broker.DisposeAsync();
        _broker = await Start(port);
    }
}
