namespace Cdp.Local.Demo;

/// <summary>The configuration folder of the demo.</summary>
public static class DemoConfig
{
    /// <summary>Writes it; answers its path.</summary>
    public static string Write(string directory, WebhookReceiver receiver)
    {
        Directory.CreateDirectory(Path.Combine(directory, "tracking-plans"));
        File.WriteAllText(Path.Combine(directory, "tracking-plans", "shop.yaml"), """
            id: shop
            version: 1
            sources: ["*"]
            on_violation: { default: block, unplanned_event: allow }
            events:
              Order Completed:
                type: object
                required: [order_id, revenue]
                properties:
                  order_id: { type: string }
                  revenue: { type: number, minimum: 0 }
            """);
        Directory.CreateDirectory(Path.Combine(directory, "destinations"));
        File.WriteAllText(Path.Combine(directory, "destinations", "webhook.yaml"), $"""
            id: demo
            type: webhook
            url: {receiver.Url}
            secret: {WebhookReceiver.Secret}
            """);
        return directory;
    }
}
