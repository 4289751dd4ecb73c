using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Destinations.Tests;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Cdp.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cdp.Fanout.Tests;

/// <summary>The embedded broker and registry that the tests of a class share.</summary>
public sealed class Stack : IAsyncLifetime
{
    private EmbeddedStack? _stack;

    /// <summary>Options with a unique prefix, so that no topic or group is shared with another installation.</summary>
    public KafkaOptions Installation() => new()
    {
        BootstrapServers = _stack!.Kafka,
        SchemaRegistry = _stack.Registry,
        TopicPrefix = $"t{Guid.NewGuid():N}.",
        Partitions = 3,
    };

    public async ValueTask InitializeAsync() => _stack = await EmbeddedStack.StartAsync();

    public ValueTask DisposeAsync() => _stack?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>A fan-out service with its own topics and destinations, and a server that receives its requests.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private const string Token = "a test's token";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("destinations");
    private readonly WebApplication _receiver;
    private readonly RecordWriter _writer;
    private readonly AvroCodec _codec;
    private WebApplication? _service;
    private HttpClient? _http;

    private Installation(Stack stack, WebApplication receiver)
    {
        (_receiver, Kafka) = (receiver, stack.Installation());
        _codec = new AvroCodec(Kafka.Registry(), Kafka.TopicPrefix);
        _writer = new RecordWriter(Kafka);
    }

    public KafkaOptions Kafka { get; }

    /// <summary>The status that the receiver answers with.</summary>
    public int Status { get; set; } = 200;

    /// <summary>The paths and messageIds that the receiver answered, in order, with the idempotency keys.</summary>
    public ConcurrentQueue<(string Path, string MessageId, string Key)> Received { get; } = new();

    public string ReceiverUrl => _receiver.Urls.First();

    public Readiness Readiness => _service!.Services.GetRequiredService<Readiness>();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static async Task<Installation> CreateAsync(Stack stack)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var installation = new Installation(stack, builder.Build());
        installation._receiver.MapPost("/{**path}", installation.ReceiveAsync);
        await installation._receiver.StartAsync();
        return installation;
    }

    /// <summary>Writes the file of a destination that sends to a path of the receiver.</summary>
    public void Configure(string id, string rest = "", string? path = null) =>
        WriteFile(id, $"id: {id}\ntype: webhook\nallow_private: true\nurl: {ReceiverUrl}/{path ?? id}\nheaders: {{Authorization: Bearer hidden}}\n{rest}\n");

    public void WriteFile(string id, string text) => File.WriteAllText(FileOf(id), text);

    public void RemoveFile(string id) => File.Delete(FileOf(id));

    public async Task StartAsync()
    {
        _service = CdpHost.Build(FanoutService.Service,
        [
            "--Address=127.0.0.1", "--Port=0", $"--Kafka:BootstrapServers={Kafka.BootstrapServers}", $"--Kafka:SchemaRegistry={Kafka.SchemaRegistry}",
            $"--Kafka:TopicPrefix={Kafka.TopicPrefix}", $"--Kafka:Partitions={Kafka.Partitions}", $"--Api:Tokens:0={ApiTokens.Hash(Token)}",
            $"--Destinations={_folder.FullName}",
        ]);
        await _service.StartAsync(Stopping);
        _http = new HttpClient { BaseAddress = new Uri(_service.Urls.First()) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        await Eventually.TrueAsync(() => Readiness.IsReady, "the service is ready");
    }

    /// <summary>Writes events of profiles to events.identified, in order.</summary>
    public async Task IdentifyAsync(params IEnumerable<(string Profile, string Message)> events)
    {
        await TopicAdmin.EnsureAsync(Kafka, [Topics.EventsIdentified]);
        foreach (var (profile, message) in events)
            await WriteAsync(Topics.EventsIdentified, profile, SampleEvents.Event(profile, message, envelope => envelope.receivedAt = DateTime.UtcNow));
    }

    public Task WriteAsync(Topic topic, string key, ISpecificRecord record) => _writer.WriteAsync(_codec, topic, key, record, stopping: Stopping);

    public Task<(int Status, JsonElement Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<(int Status, JsonElement Body)> PostAsync(string path, string body) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>A list of deliveries, once it has a number of entries.</summary>
    public async Task<IReadOnlyList<JsonElement>> DeliveriesAsync(string query, int count)
    {
        IReadOnlyList<JsonElement> found = [];
        await Eventually.TrueAsync(async () =>
        {
            var (status, body) = await GetAsync($"/v1/deliveries?{query}");
            Assert.True(status == 200, body.GetRawText());
            return (found = [.. body.GetProperty("deliveries").EnumerateArray()]).Count == count;
        }, $"{count} deliveries with {query}");
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_service is not null)
        {
            await _service.StopAsync(CancellationToken.None);
            await _service.DisposeAsync();
        }
        await _receiver.DisposeAsync();
        _writer.Dispose();
        _folder.Delete(recursive: true);
    }

    private string FileOf(string id) => Path.Combine(_folder.FullName, $"{id}.yaml");

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body);
        using var response = await _http!.SendAsync(request, Stopping);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(Stopping)));
    }

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        Received.Enqueue((request.Path.Value!, body.RootElement.GetProperty("messageId").GetString()!, request.Headers["Idempotency-Key"].ToString()));
        return Status == 200 ? Results.Ok() : Results.Text($"answered {Status}", statusCode: Status);
    }
}
