using System.Buffers.Binary;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>A registry that answers incorrectly delays records, but never loses one.</summary>
public sealed class RegistryAwayTests(TestStack stack)
{
    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(200)]
    public async Task Run_RegistryRefusesSchemas_WaitsAndNamesTheRecord(int status)
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 50);
        await using var proxy = await RegistryProxy.StartAsync(cluster.Kafka.SchemaRegistry);
        proxy.Status = status;
        await using var run = LoopRun.Start(cluster, new RecordingProcessor(), registry: proxy.Url);

        await Eventually.TrueAsync(() => run.IsWaitingFor("schema "), "the loop names the schema that it waits for", TimeSpan.FromSeconds(150));
        Assert.Contains($"{cluster.Prefix}events.collected-", run.Readiness.Parts["loop copy"].Detail, StringComparison.Ordinal);
        Assert.False(run.Readiness.IsReady);

        proxy.Status = null;
        await Eventually.TrueAsync(
            async () => (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count == 50, "all are copied", TimeSpan.FromSeconds(150));
        await Eventually.TrueAsync(() => run.Readiness.IsReady, "the loop is ready again", TimeSpan.FromSeconds(150));
        await run.StopAsync();
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Fact]
    public async Task Run_UnknownSchemaId_WaitsAndNamesTheRecord()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 1, keys: 1);
        using (var producer = new ProducerBuilder<string, byte[]>(cluster.Kafka.Producer()).Build())
        {
            var bytes = new byte[9];
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), int.MaxValue);
            await producer.ProduceAsync(
                cluster.Prefix + Topics.EventsCollected.Name,
                new Message<string, byte[]> { Key = "key-0", Value = bytes },
                TestContext.Current.CancellationToken);
        }
        await using var run = LoopRun.Start(cluster, new RecordingProcessor());

        await Eventually.TrueAsync(() => run.IsWaitingFor($"schema {int.MaxValue}"), "the loop names the schema", TimeSpan.FromSeconds(150));
        Assert.Contains("@1 ", run.Readiness.Parts["loop copy"].Detail, StringComparison.Ordinal);
        await run.StopAsync();
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Fact]
    public async Task Run_DecisionNeedsAnUnavailableSchema_DecidesAgain()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 10);
        var tries = 0;
        var processor = new RecordingProcessor
        {
            OnDecide = (_, _) =>
            {
                if (++tries <= 5) throw new SchemaUnavailableException("schema 7 is away");
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await Eventually.TrueAsync(
            async () => (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count == 10, "all are copied", TimeSpan.FromSeconds(150));
        await run.StopAsync();
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    /// <summary>Forwards requests to the registry. While <see cref="Status"/> is set it answers GET requests with that status.</summary>
    private sealed class RegistryProxy : IAsyncDisposable
    {
        private readonly HttpClient _http;
        private readonly WebApplication _app;

        private RegistryProxy(string registry)
        {
            _http = new HttpClient { BaseAddress = new Uri(registry) };
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _app = builder.Build();
            _app.Run(AnswerAsync);
        }

        public string Url => _app.Urls.First();

        public int? Status { get; set; }

        public static async Task<RegistryProxy> StartAsync(string registry)
        {
            var proxy = new RegistryProxy(registry);
            await proxy._app.StartAsync();
            return proxy;
        }

        public async ValueTask DisposeAsync()
        {
            await _app.DisposeAsync();
            _http.Dispose();
        }

        private async Task AnswerAsync(HttpContext context)
        {
            if (Status is { } status && HttpMethods.IsGet(context.Request.Method))
            {
                context.Response.StatusCode = status;
                await context.Response.WriteAsync("<html>sign in</html>");
                return;
            }
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path + context.Request.QueryString);
            if (context.Request.ContentType is { } type)
            {
                request.Content = new StreamContent(context.Request.Body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }
            using var answer = await _http.SendAsync(request);
            context.Response.StatusCode = (int)answer.StatusCode;
            await answer.Content.CopyToAsync(context.Response.Body);
        }
    }
}
