namespace Cdp.Ingestion.Sources;

/// <summary>How the sender of webhooks proves its identity.</summary>
public enum Scheme
{
    /// <summary>By the write key alone.</summary>
    None,

    /// <summary>A secret in a header, in the query, or as the password of Basic authentication.</summary>
    Secret,

    /// <summary>Stripe-Signature: <c>t=SECONDS,v1=HEX</c>, of the time, a dot and the body (https://docs.stripe.com/webhooks/signature).</summary>
    Stripe,

    /// <summary>X-Hub-Signature-256: <c>sha256=HEX</c>, of the body (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).</summary>
    GitHub,

    /// <summary>X-Shopify-Hmac-Sha256: base64, of the body (https://shopify.dev/docs/apps/build/webhooks/subscribe/https).</summary>
    Shopify,

    /// <summary>
    /// X-Slack-Signature: <c>v0=HEX</c>, of <c>v0:SECONDS:</c> and the body (https://api.slack.com/authentication/verifying-requests-from-slack).
    /// </summary>
    Slack,

    /// <summary>X-Zendesk-Webhook-Signature: base64, of the time and the body (https://developer.zendesk.com/documentation/webhooks/verifying/).</summary>
    Zendesk,
}

/// <summary>The verification scheme of a webhook source with its settings.</summary>
/// <param name="Scheme">The scheme.</param>
/// <param name="Secrets">The secrets as UTF-8. Several while one is being replaced; any of them is accepted.</param>
/// <param name="Tolerance">How far the signed time may differ from the server's clock.</param>
public sealed record Verification(Scheme Scheme, IReadOnlyList<byte[]> Secrets, TimeSpan Tolerance)
{
    /// <summary>The header that carries the secret itself.</summary>
    public string? SecretHeader { get; init; }

    /// <summary>The query parameter that carries the secret itself.</summary>
    public string? SecretParameter { get; init; }
}
