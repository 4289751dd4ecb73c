using System.Runtime.CompilerServices;
using Cdp.Ingestion.Tests.Webhooks;
using Cdp.Validation.Plans;
using Cdp.Validation.Schemas;
using Xunit;

namespace Cdp.Validation.Tests.Plans;

/// <summary>
/// The events that the webhook presets produce from the vendors' published samples satisfy every example plan, so that copying both quarantines no order.
/// </summary>
public sealed class ExamplePlansTests
{
    public static TheoryData<string> Examples =>
        ["services/Local/config/tracking-plans/shop.yaml", "services/Validation/README.md", "services/Local/Demo/DemoConfig.cs"];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Validate_EventsOfEveryPreset_SatisfyTheExamplePlan(string example)
    {
        var plan = PlanText.Plan(Text(example));
        var planned = 0;
        foreach (var (vendor, name) in VendorSample.All)
        {
            foreach (var made in VendorSample.Events(vendor, name))
            {
                var envelope = Events.Track((string?)made["event"] ?? "", made["properties"]?.ToJsonString());
                (envelope.type, envelope.traits) = ((string)made["type"]!, made["traits"]?.ToJsonString());
                var verdict = Validator.Validate(envelope, plan);
                var violations = string.Join("; ", verdict.Violations.Select(violation => $"{violation.path} {violation.message}"));
                Assert.True(verdict.Accepted, $"{vendor} {name}: {violations}");
                Assert.DoesNotContain(verdict.Violations, violation => violation.kind != ViolationKinds.UnplannedEvent);
                if (plan.Schemas.ContainsKey(envelope.@event)) planned++;
            }
        }
        Assert.True(planned > 0, "no sample is an event that the plan lists, so nothing was tested");
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Validate_OrderWithoutAnId_ViolatesTheExamplePlan(string example)
    {
        var made = VendorSample.Events("shopify", "orders-create").Single(one => (string?)one["event"] == "Order Completed");
        var order = made["properties"]!.AsObject();
        order.Remove("order_id");
        var verdict = Validator.Validate(Events.Track("Order Completed", order.ToJsonString()), PlanText.Plan(Text(example)));
        Assert.Equal("/properties/order_id", Assert.Single(verdict.Violations, violation => violation.action == "block").path);
    }

    private static string Text(string example)
    {
        var text = File.ReadAllText(Path.Combine(Root(), example));
        return Path.GetExtension(example) switch
        {
            ".yaml" => text,
            ".md" => text.Split("```yaml\n")[1].Split("```")[0],
            // A raw string literal, whose lines are indented by eight spaces.
            _ => string.Join('\n', text.Split("\"\"\"")[1].Split('\n').Select(line => line.Length > 8 ? line[8..] : line)),
        };
    }

    private static string Root([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../..");
}
