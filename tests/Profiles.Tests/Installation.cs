using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Profiles.Deciding;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Cdp.Profiles.Tests;

/// <summary>A profile service with its own topics and Redis keys.</summary>
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

    public HotStateKeys Keys => new(Kafka.TopicPrefix);

    public ProfileIds Ids { get; } = new(IdsKey);

    /// <summary>The base address of the API.</summary>
    public Uri Url => _http!.BaseAddress!;

    public int Partition(string profileId) => Contracts.Partitioner.Partition(profileId, Kafka.Partitions);

    public string[] Settings =>
    [
        "--Port=0",
        $"--Kafka:BootstrapServers={Kafka.BootstrapServers}",
        $"--Kafka:SchemaRegistry={Kafka.SchemaRegistry}",
        $"--Kafka:TopicPrefix={Kafka.TopicPrefix}",
        $"--Kafka:Partitions={Kafka.Partitions.ToString(CultureInfo.InvariantCulture)}",
        $"--Redis:Endpoint={_redis}",
        $"--Redis:KeyPrefix={Kafka.TopicPrefix}",
        $"--ProfileIds:Key={IdsKey}",
        $"--Api:Tokens:0={ApiTokens.Hash("another")}",
        $"--Api:Tokens:1={ApiTokens.Hash(Token)}",
    ];

    /// <param name="before">Registers services that replace the defaults.</param>
    public async Task StartAsync(Action<IServiceCollection>? before = null)
    {
        _host = CdpHost.Build(ProfilesService.Service with
        {
            Add = builder =>
            {
                before?.Invoke(builder.Services);
                builder.AddProfiles();
            },
        }, Settings);
        await _host.StartAsync();
        _http = new HttpClient { BaseAddress = Local(_host.Urls.First()) };
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
            await ProduceAsync(incoming.Topic, Decision.ProfileId(incoming), Codec.Encode(incoming.Topic, record));
        }
    }

    /// <summary>Appends to any topic.</summary>
    public async Task SendAsync(Topic topic, string? key, ISpecificRecord record)
    {
        await EnsureAsync([topic]);
        await ProduceAsync(topic, key, Codec.Encode(topic, record));
    }

    /// <summary>Appends bytes that no service would write.</summary>
    public async Task SendAsync(Topic topic, string key, byte[] bytes)
    {
        await EnsureAsync([topic]);
        await ProduceAsync(topic, key, bytes);
    }

    private static Uri Local(string url) => new UriBuilder(url) { Host = "127.0.0.1" }.Uri;

    /// <summary>The readiness of a part, as reported by /health/ready on the management port.</summary>
    public async Task<(bool Ready, string Detail)> PartAsync(string part)
    {
        using var response = await _http!.GetAsync(new Uri(Local(_host!.Urls.Last()), "/health/ready"));
        var found = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("parts").GetProperty(part);
        return (found.GetProperty("ready").GetBoolean(), found.GetProperty("detail").GetString()!);
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

    /// <summary>Waits until the profile has counted an event a number of times, and returns the profile.</summary>
    public async Task<JsonElement> UntilCountedAsync(string path, string name, int count)
    {
        JsonElement found = default;
        await Eventually.SucceedsAsync(async () =>
        {
            (_, found, _) = await GetAsync(path);
            return found.Int("counts", name, "count") == count;
        });
        return found;
    }

    /// <summary>All dead letters.</summary>
    public async Task<IReadOnlyList<DeadRecord>> DeadAsync()
    {
        var dead = new List<DeadRecord>();
        for (var partition = 0; partition < Kafka.Partitions; partition++)
        {
            await Changelog.ReadAsync(Kafka, Codec, Topics.Dead, partition, 0, changes =>
            {
                dead.AddRange(changes.Select(change => (DeadRecord)change.Value!));
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
        }
        return dead;
    }

    /// <summary>Deletes all current records of events.identified, as retention would.</summary>
    public async Task DeleteEventsAsync()
    {
        using var admin = new AdminClientBuilder(Kafka.Admin()).Build();
        await admin.DeleteRecordsAsync(Enumerable.Range(0, Kafka.Partitions).Select(partition =>
            new TopicPartitionOffset(Kafka.TopicPrefix + Topics.EventsIdentified.Name, partition, Offset.End)));
    }

    private Task ProduceAsync(Topic topic, string? key, byte[] value) =>
        _producer.ProduceAsync(Kafka.TopicPrefix + topic.Name, new Message<byte[], byte[]> { Key = RecordKeys.Bytes(key)!, Value = value });

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _producer.Dispose();
    }
}
