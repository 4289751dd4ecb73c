namespace Cdp.Local.Demo;

/// <summary>The configuration folder of the demo.</summary>
public static class DemoConfig
{
    /// <summary>The tracking plan, which requires an order id and a revenue in an order.</summary>
    public const string TrackingPlan = """
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
        """;

    /// <summary>Writes the files.</summary>
    /// <returns>The path of the folder.</returns>
    public static string Write(string directory, WebhookReceiver receiver)
    {
        Directory.CreateDirectory(Path.Combine(directory, "tracking-plans"));
        File.WriteAllText(Path.Combine(directory, "tracking-plans", "shop.yaml"), TrackingPlan);
        Directory.CreateDirectory(Path.Combine(directory, "destinations"));
        File.WriteAllText(Path.Combine(directory, "destinations", "webhook.yaml"), $"""
            id: demo
            type: webhook
            allow_private: true
            url: {receiver.Url}
            secret: {WebhookReceiver.Secret}
            """);
        return directory;
    }
}
