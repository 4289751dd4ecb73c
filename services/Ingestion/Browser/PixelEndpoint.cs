using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>
/// Collects the event in the URL of an image. The response is always the image, because a mail or page would show any other response as a broken image.
/// </summary>
public sealed class PixelEndpoint(LimitOptions limits, Authentication authentication, ClientAddress addresses, Collector collector, TimeProvider time)
{
    /// <summary>The response header with the code of the refusal.</summary>
    public const string RefusedHeader = "X-Refused";

    // GIF89a of one transparent pixel.
    private static readonly byte[] Image = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    public async Task<Rejection?> HandleAsync(HttpContext context, string type)
    {
        // HEAD comes from link checkers, for example. No person has seen the image, so there is no event.
        if (!HttpMethods.IsHead(context.Request.Method) && await CollectAsync(context, type) is { } refused) return refused;
        await WriteImageAsync(context.Response);
        return null;
    }

    /// <summary>Responds with the image and the code of the refusal.</summary>
    public static Task RefuseAsync(HttpContext context, Rejection rejection)
    {
        context.Response.Headers[RefusedHeader] = rejection.Code;
        return WriteImageAsync(context.Response);
    }

    private async ValueTask<Rejection?> CollectAsync(HttpContext context, string type)
    {
        var receivedAt = time.GetUtcNow().UtcDateTime;
        var query = context.Request.Query;
        var (source, refused) = authentication.OfRequest(context.Request);
        if (refused is not null) return refused;
        var body = query["data"].ToString() is { Length: > 0 } data
            ? PixelEvent.FromData(data)
            : PixelEvent.FromQuery(query.Select(parameter => KeyValuePair.Create(parameter.Key, parameter.Value[^1] ?? "")));
        if (body is null) return Rejection.InvalidEncoding;
        var malformed = BatchReader.Read(body, Shape.One(type), source?.Limits ?? limits, out var submission);
        if (source is null) (source, refused) = authentication.OfKey(submission.WriteKey, context.Request);
        if ((refused ?? malformed) is { } rejection) return rejection;
        if (source!.Type == SourceType.Webhook) return Rejection.OnlyWebhooks;
        // If the same URL is requested again, it counts as another event, not as a retry. So the messageId is random instead of derived from the URL.
        var receipt = source.Receipt(receivedAt, addresses.Of(context)) with { MessageId = Guid.NewGuid().ToString() };
        var result = await collector.CollectAsync(body, submission, source, receipt, keepsBad: false);
        if ((result.Refused ?? result.Verdicts!.Rejected.Select(rejected => rejected.Rejection).FirstOrDefault()) is { } notCollected) return notCollected;
        IngestionMetrics.CountEvents(source.Id, result.Verdicts!);
        return null;
    }

    private static async Task WriteImageAsync(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.ContentType = "image/gif";
        response.ContentLength = Image.Length;
        await response.Body.WriteAsync(Image);
    }
}
