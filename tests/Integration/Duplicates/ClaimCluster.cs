using System.Globalization;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using StackExchange.Redis;

namespace Cdp.Integration.Duplicates;

/// <summary>Helpers for the tests of lost and unreadable claims.</summary>
internal static class ClaimCluster
{
    /// <summary>The numbers of the events in events.validated, including repeated ones.</summary>
    public static async Task<List<int>> ReadValidatedAsync(this Cluster cluster)
    {
        var records = await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated);
        return [.. records.Select(record => int.Parse(record.envelope.messageId, CultureInfo.InvariantCulture))];
    }

    /// <summary>The keys of a cluster in Redis.</summary>
    /// <param name="redis">A connection to its Redis.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="pattern">A pattern of keys without the cluster's prefix.</param>
    public static async Task<List<RedisKey>> KeysAsync(this IConnectionMultiplexer redis, Cluster cluster, string pattern)
    {
        var keys = new List<RedisKey>();
        foreach (var server in redis.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: cluster.Redis.KeyPrefix + pattern)) keys.Add(key);
        }
        return keys;
    }
}
