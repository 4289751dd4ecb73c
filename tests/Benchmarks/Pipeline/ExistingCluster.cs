using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StackExchange.Redis;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>
/// An existing cluster, named by CDP_TEST_KAFKA, CDP_TEST_REGISTRY and CDP_TEST_REDIS. A run uses its own prefix there and deletes everything in the end.
/// </summary>
internal sealed record ExistingCluster(string Kafka, string Registry, string Redis)
{
    /// <summary>Null if CDP_TEST_KAFKA is not set.</summary>
    public static ExistingCluster? FromEnvironment()
    {
        if (Variable("CDP_TEST_KAFKA") is not { } kafka) return null;
        return new ExistingCluster(
            kafka, Required("CDP_TEST_REGISTRY", "the URL of that cluster's schema registry"), Required("CDP_TEST_REDIS", "host:port of a Redis"));
    }

    public async Task CleanAsync(KafkaOptions kafka)
    {
        using var admin = new AdminClientBuilder(kafka.Admin()).Build();
        var all = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic);
        var topics = all.Where(name => name.StartsWith(kafka.TopicPrefix, StringComparison.Ordinal)).ToList();
        if (topics.Count > 0) await admin.DeleteTopicsAsync(topics, new DeleteTopicsOptions { OperationTimeout = TimeSpan.FromSeconds(30) });
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Redis);
        foreach (var server in redis.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: kafka.TopicPrefix + "*")) await redis.GetDatabase().KeyDeleteAsync(key);
        }
    }

    private static string Required(string name, string what) =>
        Variable(name) ?? throw new InvalidOperationException($"CDP_TEST_KAFKA is set; also set {name} to {what}");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
