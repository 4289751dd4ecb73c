using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Profiles.Deciding;
using Cdp.Streaming;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests;

/// <summary>Topics, keys and a profile service of a test's own.</summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string Token = "a test's token";

    private const string IdsKey = "test";

    private readonly HashSet<Topic> _topics = [];
    private readonly string _redis;
    private readonly IProducer<byte[], byte[]> _producer;
    private WebApplication? _host;
    private HttpClient? _http;

    public Installation(Stack stack, string? redis = null)
    {
        Kafka = stack.Installation();
        _redis = redis ?? stack.RedisEndpoint;
        Codec = new AvroCodec(Kafka.Registry(), Kafka.TopicPrefix);
        _producer = new ProducerBuilder<byte[], byte[]>(Kafka.Producer()).Build();
    }

    public KafkaOptions Kafka { get; }

    public AvroCodec Codec { get; }

    public HotState Keys => new(Kafka.TopicPrefix);

    public ProfileIds Ids { get; } = new(IdsKey);

    /// <summary>Where the service answers.</summary>
    public Uri Url => _http!.BaseAddress!;

    public int Partition(string profileId) => Contracts.Partitioner.Partition(profileId, Kafka.Partitions);

    public string[] Settings =>
    [
        "--Port=0", $"--Kafka:BootstrapServers={Kafka.BootstrapServers}", $"--Kafka:SchemaRegistry={Kafka.SchemaRegistry}", $"--Kafka:TopicPrefix={Kafka.TopicPrefix}",
        $"--Kafka:Partitions={Kafka.Partitions.ToString(CultureInfo.InvariantCulture)}", $"--Redis:Endpoint={_redis}", $"--Redis:KeyPrefix={Kafka.TopicPrefix}", $"--ProfileIds:Key={IdsKey}",
        $"--Api:Tokens:0={ApiTokens.Hash("another")}", $"--Api:Tokens:1={ApiTokens.Hash(Token)}",
    ];

    public async Task StartAsync()
    {
        _host = CdpHost.Build(ProfilesService.Service, Settings);
        await _host.StartAsync();
        _http = new HttpClient { BaseAddress = new UriBuilder(_host.Urls.Single()) { Host = "127.0.0.1" }.Uri };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public async Task StopAsync()
    {
        _http?.Dispose();
        if (_host is null) return;
        await _host.StopAsync();
        await _host.DisposeAsync();
        _host = null;
    }

    private async Task EnsureAsync(Topic[] topics)
    {
        Topic[] missing = [.. topics.Where(topic => !_topics.Contains(topic))];
        if (missing.Length == 0) return;
        await TopicAdmin.EnsureAsync(Kafka, missing);
        _topics.UnionWith(missing);
    }

    /// <summary>Appends to an input of the service, in order.</summary>
    public async Task SendAsync(params ISpecificRecord[] records)
    {
        await EnsureAsync([Topics.EventsIdentified, Topics.ProfilesTransfers]);
        foreach (var record in records)
        {
            var incoming = Some.Incoming(record);
            await _producer.ProduceAsync(Kafka.TopicPrefix + incoming.Topic.Name,
                new Message<byte[], byte[]> { Key = Streaming.Keys.Bytes(Decision.ProfileId(incoming))!, Value = Codec.Encode(incoming.Topic, record) });
        }
    }

    /// <summary>Appends to any topic.</summary>
    public async Task SendAsync(Topic topic, string? key, ISpecificRecord record)
    {
        await EnsureAsync([topic]);
        await _producer.ProduceAsync(Kafka.TopicPrefix + topic.Name, new Message<byte[], byte[]> { Key = Streaming.Keys.Bytes(key)!, Value = Codec.Encode(topic, record) });
    }

    public async Task<(HttpStatusCode Status, JsonElement Body, string? RetryAfter)> GetAsync(string path)
    {
        using var response = await _http!.GetAsync($"/v1/profiles/{path}");
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, JsonDocument.Parse(body).RootElement, response.Headers.RetryAfter?.ToString());
    }

    public async Task<HttpResponseMessage> SendAsync(string path, string? ifNoneMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/profiles/{path}");
        if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await _http!.SendAsync(request);
    }

    /// <summary>Waits until the profile has counted an event so often, and answers the profile.</summary>
    public async Task<JsonElement> UntilCountedAsync(string path, string name, int count)
    {
        JsonElement found = default;
        await Eventually.Async(async () =>
        {
            (_, found, _) = await GetAsync(path);
            return found.GetProperty("counts").GetProperty(name).GetProperty("count").GetInt32() == count;
        });
        return found;
    }

    /// <summary>As retention would: nothing of what events.identified has now is left.</summary>
    public async Task ForgetAsync()
    {
        using var admin = new AdminClientBuilder(Kafka.Admin()).Build();
        await admin.DeleteRecordsAsync(Enumerable.Range(0, Kafka.Partitions).Select(partition =>
            new TopicPartitionOffset(Kafka.TopicPrefix + Topics.EventsIdentified.Name, partition, Offset.End)));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _producer.Dispose();
    }
}
