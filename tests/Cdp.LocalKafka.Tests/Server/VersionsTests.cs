using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Server;
using Cdp.LocalKafka.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>The versions that the broker offers, compared with those of Apache Kafka 4.0.</summary>
[Trait("tier", "integration")]
public sealed class VersionsTests
{
    private const short Never = short.MaxValue;

    // From the message definitions of 4.0. Versions that 4.0 removed (KIP-896) are still known, and are served where that takes no extra code.
    private static readonly Dictionary<ApiKey, (short Last, short FlexibleSince)> Kafka = new()
    {
        [ApiKey.Produce] = (12, 9),
        [ApiKey.Fetch] = (17, 12),
        [ApiKey.ListOffsets] = (10, 6),
        [ApiKey.Metadata] = (13, 9),
        [ApiKey.OffsetCommit] = (9, 8),
        [ApiKey.OffsetFetch] = (9, 6),
        [ApiKey.FindCoordinator] = (6, 3),
        [ApiKey.JoinGroup] = (9, 6),
        [ApiKey.Heartbeat] = (4, 4),
        [ApiKey.LeaveGroup] = (5, 4),
        [ApiKey.SyncGroup] = (5, 4),
        [ApiKey.DescribeGroups] = (6, 5),
        [ApiKey.ListGroups] = (5, 3),
        [ApiKey.ApiVersions] = (4, 3),
        [ApiKey.CreateTopics] = (7, 5),
        [ApiKey.DeleteTopics] = (6, 4),
        [ApiKey.DeleteRecords] = (2, 2),
        [ApiKey.InitProducerId] = (5, 2),
        [ApiKey.OffsetForLeaderEpoch] = (4, 4),
        [ApiKey.AddPartitionsToTxn] = (5, 3),
        [ApiKey.AddOffsetsToTxn] = (4, 3),
        [ApiKey.EndTxn] = (5, 3),
        [ApiKey.WriteTxnMarkers] = (1, 1),
        [ApiKey.TxnOffsetCommit] = (5, 3),
        [ApiKey.DescribeConfigs] = (4, 4),
        [ApiKey.AlterConfigs] = (2, 2),
        [ApiKey.CreatePartitions] = (3, 2),
        [ApiKey.DeleteGroups] = (2, 2),
        [ApiKey.IncrementalAlterConfigs] = (1, 1),
        [ApiKey.OffsetDelete] = (0, Never),
        [ApiKey.DescribeCluster] = (2, 0),
        [ApiKey.DescribeProducers] = (0, 0),
        [ApiKey.DescribeTransactions] = (0, 0),
        [ApiKey.ListTransactions] = (1, 0),
    };

    [Fact]
    public async Task ApiVersions_AllApis_AreWithinKafkasVersions()
    {
        using var directory = new TempDirectory();
        var options = new LocalKafkaOptions { DataDirectory = directory.Path };
        var topics = TopicStore.Open(directory.Path, TimeProvider.System);
        var core = new BrokerCore(topics, new BrokerNode("localhost", 9092, topics.ClusterId), options, NullLogger.Instance);
        var rows = core.Apis;
        var versions = new ApiVersionsApi(rows);

        Assert.All(rows.Append(versions.Row), row =>
        {
            var kafka = Kafka[row.Key];
            Assert.True(row.Min >= 0 && row.Min <= row.Max && row.Max <= kafka.Last, $"{row.Key} {row.Min} to {row.Max}; Kafka's last is {kafka.Last}");
            Assert.True(
                row.FlexibleSince == kafka.FlexibleSince || (row.FlexibleSince > row.Max && kafka.FlexibleSince > row.Max),
                $"{row.Key} is flexible since {kafka.FlexibleSince}");
        });
        var answer = await versions.Row.Call<ApiVersionsResponse>(Request("librdkafka", "2.16.0"));
        Assert.Equal(
            rows.Append(versions.Row).Select(row => ((short)row.Key, row.Min, row.Max)).Order(),
            answer.ApiKeys!.Select(range => (range.ApiKey, range.MinVersion, range.MaxVersion)));
        await core.StopTimers();
        topics.Close(flush: false);
    }

    /// <summary>The table in the library's README: each row has pairs of a name and its versions.</summary>
    [Fact]
    public async Task Readme_ApiTable_MatchesWhatIsServed()
    {
        using var directory = new TempDirectory();
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = directory.Path }, cancel: TestContext.Current.CancellationToken);
        var served = broker.Dispatcher.Apis.Select(api => $"{api.Key} {(api.Min == api.Max ? $"{api.Min}" : $"{api.Min}–{api.Max}")}");

        var root = AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/Cdp.LocalKafka.Tests/", StringComparison.Ordinal)];
        var text = await File.ReadAllLinesAsync(Path.Combine(root, "libs/Cdp.LocalKafka/README.md"), TestContext.Current.CancellationToken);
        var section = text.SkipWhile(line => line != "## Supported requests").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        var cells = section.Where(line => line.StartsWith('|')).Skip(2)
            .SelectMany(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1].Chunk(2)).Where(pair => pair[0].Length > 0);
        Assert.Equal(served.Order(), cells.Select(pair => $"{pair[0]} {pair[1]}").Order());
    }

    [Theory]
    [InlineData("a", "1", ErrorCode.None)]
    [InlineData("apache-kafka.java", "4.0.0-rc1", ErrorCode.None)]
    [InlineData("", "1", ErrorCode.InvalidRequest)]
    [InlineData("-a", "1", ErrorCode.InvalidRequest)]
    [InlineData("a", "1.", ErrorCode.InvalidRequest)]
    [InlineData("a b", "1", ErrorCode.InvalidRequest)]
    internal async Task ApiVersions_SoftwareNames_AreValidated(string name, string version, ErrorCode expected)
    {
        var row = new ApiVersionsApi([]).Row;
        Assert.Equal(expected, (await row.Call<ApiVersionsResponse>(Request(name, version))).ErrorCode);
        Assert.Equal(ErrorCode.None, (await row.Call<ApiVersionsResponse>(Request(name, version), 2)).ErrorCode);
    }

    [Theory]
    [InlineData("127.0.0.1", null, "127.0.0.1")]
    [InlineData("localhost", null, "localhost")]
    [InlineData("0.0.0.0", null, "127.0.0.1")]
    [InlineData("::", null, "::1")]
    [InlineData("0.0.0.0", "kafka.example", "kafka.example")]
    public void AdvertisedHost_AnyListenAddress_CanBeConnectedTo(string host, string? advertised, string expected) =>
        Assert.Equal(expected, BrokerNode.AdvertisedHost(new LocalKafkaOptions { DataDirectory = "", Host = host, AdvertisedHost = advertised }));

    [Fact]
    public async Task BootstrapServers_ListeningOnAllAddresses_CanBeConnectedTo()
    {
        using var directory = new TempDirectory();
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = directory.Path, Host = "0.0.0.0" }, cancel: TestContext.Current.CancellationToken);
        using var admin = Client.Admin(broker.BootstrapServers);
        var node = Assert.Single(admin.GetMetadata(Client.Limit).Brokers);
        Assert.Equal(broker.BootstrapServers, $"{node.Host}:{node.Port}");
    }

    private static ApiVersionsRequest Request(string name, string version) => new() { ClientSoftwareName = name, ClientSoftwareVersion = version };
}
