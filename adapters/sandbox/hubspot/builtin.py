"""The properties that a fresh portal already has: names, labels and types as recorded from a real one.

One line a property: `name|label|type|fieldType|group|flags`; flags: readonly, calculated, hidden, external, form.
"""

CONTACT_PROPERTIES = """
email|Email|string|text|contactinformation|form
firstname|First Name|string|text|contactinformation|form
lastname|Last Name|string|text|contactinformation|form
phone|Phone Number|string|phonenumber|contactinformation|form
mobilephone|Mobile Phone Number|string|phonenumber|contactinformation|form
company|Company Name|string|text|contactinformation|form
jobtitle|Job Title|string|text|contactinformation|form
job_function|Job function|string|text|facebook_ads_properties|form
seniority|Seniority|string|text|facebook_ads_properties|form
country|Country/Region|string|text|contactinformation|form
city|City|string|text|contactinformation|form
state|State/Region|string|text|contactinformation|form
zip|Postal Code|string|text|contactinformation|form
address|Street Address|string|text|contactinformation|form
website|Website URL|string|text|contactinformation|form
numemployees|Number of Employees|enumeration|select|contactinformation|form
industry|Industry|string|text|contactinformation|form
annualrevenue|Annual Revenue|string|text|contactinformation|form
salutation|Salutation|string|text|contactinformation|form
message|Message|string|textarea|contact_activity|form
degree|Degree|string|text|facebook_ads_properties|form
field_of_study|Field of study|string|text|facebook_ads_properties|form
school|School|string|text|facebook_ads_properties|form
lifecyclestage|Lifecycle Stage|enumeration|radio|contactinformation|form
hs_lead_status|Lead Status|enumeration|radio|sales_properties|form
hs_persona|Persona|enumeration|select|contactinformation|form
hs_language|Preferred language|enumeration|select|contactinformation|form
hs_buying_role|Buying Role|enumeration|checkbox|deal_information|form
hs_legal_basis|Legal basis for processing contact's data|enumeration|checkbox|emailinformation|
hs_marketable_status|Marketing contact status|enumeration|booleancheckbox|contactinformation|readonly
hs_was_imported|Performed in an import|bool|booleancheckbox|contactinformation|readonly hidden
hs_additional_emails|Additional email addresses|enumeration|select|contactinformation|readonly calculated hidden
hs_email_domain|Email Domain|string|text|contactinformation|readonly calculated
hs_merged_object_ids|Merged Contact IDs|enumeration|checkbox|contactinformation|readonly
hs_calculated_merged_vids|Merged vids with timestamps|enumeration|select|contactinformation|readonly calculated hidden
hs_object_id|Record ID|number|number|contactinformation|readonly
hs_object_source|Record creation source|string|text|contactinformation|readonly hidden
hs_object_source_id|Record creation source ID|string|text|contactinformation|readonly hidden
hs_pinned_engagement_id|Pinned engagement ID|number|number|contactinformation|hidden
createdate|Create Date|datetime|date|contactinformation|readonly
lastmodifieddate|Last Modified Date|datetime|date|contactinformation|readonly
associatedcompanyid|Primary Associated Company ID|number|number|contactinformation|hidden external
hs_linkedin_url|LinkedIn URL|string|text|socialmediainformation|form
hs_timezone|Time Zone|enumeration|select|contactinformation|form
hubspot_owner_id|Contact owner|enumeration|select|sales_properties|external
hubspot_owner_assigneddate|Owner assigned date|datetime|date|sales_properties|readonly
notes_last_contacted|Last Contacted|datetime|date|contact_activity|readonly
notes_last_updated|Last Activity Date|datetime|date|contact_activity|readonly
notes_next_activity_date|Next Activity Date|datetime|date|contact_activity|readonly
num_notes|Number of Sales Activities|number|number|contact_activity|readonly
num_contacted_notes|Number of times contacted|number|number|contact_activity|readonly
num_associated_deals|Number of Associated Deals|number|number|deal_information|readonly
recent_deal_amount|Recent Deal Amount|number|number|deal_information|readonly
recent_deal_close_date|Recent Deal Close Date|datetime|date|deal_information|readonly
hs_latest_meeting_activity|Latest meeting activity|datetime|date|contactinformation|readonly hidden
hs_last_sales_activity_timestamp|Last Engagement Date|datetime|date|contact_activity|readonly
hs_sales_email_last_opened|Recent Sales Email Opened Date|datetime|date|contact_activity|readonly
hs_sales_email_last_clicked|Recent Sales Email Clicked Date|datetime|date|contact_activity|readonly
hs_sales_email_last_replied|Recent Sales Email Replied Date|datetime|date|contact_activity|readonly
closedate|Close Date|datetime|date|deal_information|
hs_email_open|Marketing emails opened|number|number|emailinformation|readonly
hs_email_click|Marketing emails clicked|number|number|emailinformation|readonly
hs_email_delivered|Marketing emails delivered|number|number|emailinformation|readonly
hs_email_bounce|Marketing emails bounced|number|number|emailinformation|readonly
hs_email_replied|Marketing emails replied|number|number|emailinformation|readonly
hs_email_sends_since_last_engagement|Sends Since Last Engagement|number|number|emailinformation|readonly
hs_email_first_open_date|First marketing email open date|datetime|date|emailinformation|readonly
hs_email_first_click_date|First marketing email click date|datetime|date|emailinformation|readonly
hs_email_first_send_date|First marketing email send date|datetime|date|emailinformation|readonly
hs_email_last_open_date|Last marketing email open date|datetime|date|emailinformation|readonly
hs_email_last_click_date|Last marketing email click date|datetime|date|emailinformation|readonly
hs_email_last_send_date|Last marketing email send date|datetime|date|emailinformation|readonly
hs_email_last_reply_date|Last marketing email reply date|datetime|date|emailinformation|readonly
hs_email_last_email_name|Last marketing email name|string|text|emailinformation|readonly
hs_email_optout|Unsubscribed from all email|bool|booleancheckbox|emailinformation|readonly
hs_email_bad_address|Invalid email address|bool|booleancheckbox|emailinformation|readonly
hs_email_hard_bounce_reason|Email hard bounce reason|string|text|emailinformation|readonly hidden
hs_email_hard_bounce_reason_enum|Email hard bounce reason|enumeration|radio|emailinformation|readonly
hs_email_quarantined|Email Address Quarantined|bool|booleancheckbox|emailinformation|readonly
hs_emailconfirmationstatus|Marketing email confirmation status|enumeration|select|emailinformation|readonly
num_conversion_events|Number of Form Submissions|number|number|conversioninformation|readonly calculated
num_unique_conversion_events|Number of Unique Forms Submitted|number|number|conversioninformation|readonly calculated
first_conversion_date|First Conversion Date|datetime|date|contact_activity|readonly calculated
first_conversion_event_name|First Conversion|string|text|contact_activity|readonly calculated
recent_conversion_date|Recent Conversion Date|datetime|date|conversioninformation|readonly calculated
recent_conversion_event_name|Recent Conversion|string|text|conversioninformation|readonly calculated
hs_analytics_source|Original Source|enumeration|select|analyticsinformation|
hs_analytics_source_data_1|Original Source Drill-Down 1|string|text|analyticsinformation|readonly
hs_analytics_source_data_2|Original Source Drill-Down 2|string|text|analyticsinformation|readonly
hs_latest_source|Latest Source|enumeration|select|analyticsinformation|
hs_latest_source_data_1|Latest Source Drill-Down 1|string|text|analyticsinformation|readonly
hs_latest_source_data_2|Latest Source Drill-Down 2|string|text|analyticsinformation|readonly
hs_latest_source_timestamp|Latest Source Date|datetime|date|analyticsinformation|
hs_analytics_num_page_views|Number of Pageviews|number|number|analyticsinformation|readonly
hs_analytics_num_visits|Number of Sessions|number|number|analyticsinformation|readonly
hs_analytics_num_event_completions|Number of event completions|number|number|analyticsinformation|readonly
hs_analytics_first_timestamp|Time First Seen|datetime|date|analyticsinformation|readonly
hs_analytics_last_timestamp|Time Last Seen|datetime|date|analyticsinformation|readonly
hs_analytics_first_visit_timestamp|Time of First Session|datetime|date|analyticsinformation|readonly
hs_analytics_last_visit_timestamp|Time of Last Session|datetime|date|analyticsinformation|readonly
hs_analytics_first_url|First Page Seen|string|text|analyticsinformation|readonly
hs_analytics_last_url|Last Page Seen|string|text|analyticsinformation|readonly
hs_analytics_first_referrer|First Referring Site|string|text|analyticsinformation|readonly
hs_analytics_last_referrer|Last Referring Site|string|text|analyticsinformation|readonly
hs_analytics_average_page_views|Average Pageviews|number|number|analyticsinformation|readonly
hs_predictivecontactscore_v2|Likelihood to close|number|number|contact_activity|readonly
hubspotscore|HubSpot Score|number|calculation_score|sales_properties|readonly
"""

COMPANY_PROPERTIES = """
name|Company name|string|text|companyinformation|form
domain|Company Domain Name|string|text|companyinformation|form
industry|Industry|enumeration|select|companyinformation|form
numberofemployees|Number of Employees|number|number|companyinformation|form
annualrevenue|Annual Revenue|number|number|companyinformation|form
country|Country/Region|string|text|companyinformation|form
city|City|string|text|companyinformation|form
state|State/Region|string|text|companyinformation|form
website|Website URL|string|text|companyinformation|form
phone|Phone Number|string|phonenumber|companyinformation|form
description|Description|string|textarea|companyinformation|form
lifecyclestage|Lifecycle Stage|enumeration|radio|companyinformation|form
hubspot_owner_id|Company owner|enumeration|select|companyinformation|external
num_associated_contacts|Number of Associated Contacts|number|number|companyinformation|readonly calculated
hs_object_id|Record ID|number|number|companyinformation|readonly
createdate|Create Date|datetime|date|companyinformation|readonly
hs_lastmodifieddate|Last Modified Date|datetime|date|companyinformation|readonly
"""

DEAL_PROPERTIES = """
dealname|Deal Name|string|text|dealinformation|form
amount|Amount|number|number|dealinformation|form
dealstage|Deal Stage|enumeration|radio|dealinformation|form
pipeline|Pipeline|enumeration|select|dealinformation|external form
closedate|Close Date|datetime|date|dealinformation|form
hs_is_closed_won|Is Closed Won|bool|booleancheckbox|dealinformation|readonly calculated
hs_is_closed|Is Deal Closed?|bool|booleancheckbox|dealinformation|readonly calculated
hubspot_owner_id|Deal owner|enumeration|select|dealinformation|external
hs_object_id|Record ID|number|number|dealinformation|readonly
createdate|Create Date|datetime|date|dealinformation|readonly
hs_lastmodifieddate|Last Modified Date|datetime|date|dealinformation|readonly
"""

TASK_PROPERTIES = """
hs_timestamp|Due date|datetime|date|task|
hs_task_subject|Task Title|string|text|task|
hs_task_body|Task Notes|string|html|task|
hs_task_status|Task Status|enumeration|select|task|
hs_task_priority|Priority|enumeration|select|task|
hs_task_type|Task Type|enumeration|select|task|
hs_task_completion_date|Completed at|datetime|date|task|readonly
hubspot_owner_id|Assigned to|enumeration|select|task|external
hs_object_id|Record ID|number|number|task|readonly
hs_createdate|Create date|datetime|date|task|readonly
hs_lastmodifieddate|Last modified date|datetime|date|task|readonly
"""

NOTE_PROPERTIES = """
hs_timestamp|Activity date|datetime|date|note|
hs_note_body|Note body|string|html|note|
hubspot_owner_id|Activity assigned to|enumeration|select|note|external
hs_object_id|Record ID|number|number|note|readonly
hs_createdate|Create date|datetime|date|note|readonly
hs_lastmodifieddate|Last modified date|datetime|date|note|readonly
"""

LIFECYCLE_STAGES = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)

YES_NO = (("true", "Yes"), ("false", "No"))
_SOURCES = (
    ("ORGANIC_SEARCH", "Organic Search"),
    ("PAID_SEARCH", "Paid Search"),
    ("EMAIL_MARKETING", "Email Marketing"),
    ("SOCIAL_MEDIA", "Organic Social"),
    ("REFERRALS", "Referrals"),
    ("OTHER_CAMPAIGNS", "Other Campaigns"),
    ("DIRECT_TRAFFIC", "Direct Traffic"),
    ("OFFLINE", "Offline Sources"),
    ("PAID_SOCIAL", "Paid Social"),
)
_BASES = (
    "Legitimate interest – prospect/lead",
    "Legitimate interest – existing customer",
    "Legitimate interest - other",
    "Performance of a contract",
    "Freely given consent from contact",
    "Not applicable",
)


def _plain(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value.replace("_", " ").capitalize() if value.isupper() else value) for value in values)


#: Options by "kind.property"; `(value, label)` in display order.
OPTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "contacts.lifecyclestage": LIFECYCLE_STAGES,
    "contacts.hs_lead_status": _plain(
        "NEW",
        "OPEN",
        "IN_PROGRESS",
        "OPEN_DEAL",
        "UNQUALIFIED",
        "ATTEMPTED_TO_CONTACT",
        "CONNECTED",
        "BAD_TIMING",
    ),
    "contacts.numemployees": _plain("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+"),
    "contacts.hs_language": (("en", "English"), ("es", "Spanish"), ("ca", "Catalan"), ("fr", "French")),
    "contacts.hs_buying_role": _plain(
        "BLOCKER", "BUDGET_HOLDER", "CHAMPION", "DECISION_MAKER", "END_USER", "INFLUENCER", "OTHER"
    ),
    "contacts.hs_legal_basis": tuple((basis, basis) for basis in _BASES),
    "contacts.hs_marketable_status": (("true", "Marketing contact"), ("false", "Non-marketing contact")),
    "contacts.hs_email_hard_bounce_reason_enum": _plain(
        "CONTENT", "MAILBOX_FULL", "OTHER", "POLICY", "SPAM", "UNKNOWN_USER"
    ),
    "contacts.hs_emailconfirmationstatus": _plain("Confirmed", "Pending confirmation"),
    "contacts.hs_analytics_source": _SOURCES,
    "contacts.hs_latest_source": _SOURCES,
    "contacts.hs_timezone": _plain("europe_slash_madrid", "europe_slash_london"),
    "companies.lifecyclestage": LIFECYCLE_STAGES,
    "companies.industry": _plain(
        "ACCOUNTING",
        "COMPUTER_SOFTWARE",
        "CONSTRUCTION",
        "CONSUMER_GOODS",
        "EDUCATION_MANAGEMENT",
        "FINANCIAL_SERVICES",
        "FOOD_BEVERAGES",
        "HOSPITAL_HEALTH_CARE",
        "HOSPITALITY",
        "INFORMATION_TECHNOLOGY_AND_SERVICES",
        "INSURANCE",
        "LOGISTICS_AND_SUPPLY_CHAIN",
        "MACHINERY",
        "MANAGEMENT_CONSULTING",
        "MARKETING_AND_ADVERTISING",
        "REAL_ESTATE",
        "RETAIL",
        "TRANSPORTATION_TRUCKING_RAILROAD",
    ),
    "deals.dealstage": (
        ("appointmentscheduled", "Appointment Scheduled"),
        ("qualifiedtobuy", "Qualified To Buy"),
        ("contractsent", "Contract Sent"),
        ("closedwon", "Closed Won"),
        ("closedlost", "Closed Lost"),
    ),
    "tasks.hs_task_status": _plain("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"),
    "tasks.hs_task_priority": _plain("NONE", "LOW", "MEDIUM", "HIGH"),
    "tasks.hs_task_type": _plain("TODO", "CALL", "EMAIL"),
}

TABLES = {
    "contacts": CONTACT_PROPERTIES,
    "companies": COMPANY_PROPERTIES,
    "deals": DEAL_PROPERTIES,
    "tasks": TASK_PROPERTIES,
    "notes": NOTE_PROPERTIES,
}


def optout_property(subscription_id: str) -> str:
    """The per-type opt-out property of a subscription type."""
    return f"hs_email_optout_{subscription_id}"
