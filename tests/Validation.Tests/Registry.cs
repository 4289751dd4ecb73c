using System.Net;
using System.Text.Json;
using Cdp.Streaming.Schemas;

namespace Cdp.Validation.Tests;

/// <summary>A schema registry in memory.</summary>
internal sealed class Registry : HttpMessageHandler
{
    private readonly List<string> _schemas = [];

    public static SchemaRegistry New() => new(new Uri("http://registry"), new RegistryAccess(), new Registry());

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        object answer;
        if (request.Method == HttpMethod.Post)
        {
            using var body = JsonDocument.Parse(request.Content!.ReadAsStream(cancellationToken));
            _schemas.Add(body.RootElement.GetProperty("schema").GetString()!);
            answer = new { id = _schemas.Count };
        }
        else
        {
            answer = new { schema = _schemas[int.Parse(request.RequestUri!.Segments[^1]) - 1] };
        }
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(answer)) };
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(Send(request, cancellationToken));
}
